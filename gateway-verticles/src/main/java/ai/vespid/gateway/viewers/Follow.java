package ai.vespid.gateway.viewers;

import ai.vespid.protocol.session.SessionEvent;
import java.util.ArrayList;
import java.util.List;

/**
 * What one viewer has seen of one session: the next event it gets is always the one behind the
 * last, wherever it comes from. What comes too early is read from the table, what comes twice is
 * left out.
 */
final class Follow {
  private long next;
  private long newest;
  private boolean reading;

  /**
   * @param afterSeq the last event the viewer has
   * @param newestSeq the last event there is
   */
  Follow(long afterSeq, long newestSeq) {
    this.next = afterSeq + 1;
    this.newest = newestSeq;
  }

  /** The last event it has. */
  long seen() {
    return next - 1;
  }

  /** Events as they happen; answers those that are to be shown now. */
  List<SessionEvent> live(List<SessionEvent> events) {
    var shown = new ArrayList<SessionEvent>();
    for (var event : events) {
      newest = Math.max(newest, event.seq());
      if (!reading && event.seq() == next) {
        next++;
        shown.add(event);
      }
    }
    return shown;
  }

  /** There are events up to this one. */
  void newest(long seq) {
    newest = Math.max(newest, seq);
  }

  /** Whether events must be read from the table; then it is being read, until {@link #read}. */
  boolean beginReading() {
    if (reading || next > newest) return false;
    reading = true;
    return true;
  }

  /** What was read behind {@link #seen}; answers what is to be shown. */
  List<SessionEvent> read(List<SessionEvent> page) {
    reading = false;
    var shown = new ArrayList<SessionEvent>();
    for (var event : page) {
      if (event.seq() != next) continue;
      next++;
      shown.add(event);
    }
    return shown;
  }

  /** The table could not be read; the next news or the next sweep tries again. */
  void readFailed() {
    reading = false;
  }

  /** Whether it has seen everything up to this event, and sees what comes as it comes. */
  boolean upTo(long seq) {
    return !reading && next > seq;
  }
}
