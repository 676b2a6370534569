package ai.vespid.agent.work;

import ai.vespid.protocol.RequestId;
import ai.vespid.protocol.executor.ExecutorFrame.Held;
import ai.vespid.protocol.executor.ExecutorFrame.ToolResult;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Results the gateway has not acknowledged, oldest first. One may be sent when it is safe on disk,
 * and again when it was not acknowledged for a while. Bounded in number, bytes and age: what is too
 * old was answered by a timeout long ago. Pure; times in milliseconds of one clock.
 *
 * <p>What a gateway did not want is not sent, and kept all the same: in a split the other half may
 * know of that dispatch and give it again, and then it is answered, not run a second time.
 */
public final class Outbox {
  /**
   * How much is kept, and how long.
   *
   * @param repeatMs how long to wait for an acknowledgement before it is sent again
   */
  public record Limits(int countMax, long bytesMax, long ageMaxMs, long repeatMs) {}

  private static final int FRAME_BYTES = 512;

  private static final class Entry {
    private ToolResult result;
    private final long sinceMs;
    private boolean safe;
    private long sentMs = Long.MIN_VALUE / 2;

    private Entry(ToolResult result, long sinceMs) {
      this.result = result;
      this.sinceMs = sinceMs;
    }
  }

  private final Limits limits;
  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private final Map<String, Entry> unwanted = new LinkedHashMap<>();
  private long bytes;
  private long unwantedBytes;

  public Outbox(Limits limits) {
    this.limits = limits;
  }

  /**
   * Takes a result that is not safe yet.
   *
   * @return ids of what had to go to make room for it
   */
  public List<String> put(ToolResult result, long nowMs) {
    remove(result.requestId());
    forget(result.requestId());
    entries.put(result.requestId(), new Entry(result, nowMs));
    bytes += sizeOf(result);
    var dropped = new ArrayList<String>();
    var oldest = List.copyOf(entries.keySet()).iterator();
    while (entries.size() > 1
        && (entries.size() > limits.countMax() || bytes > limits.bytesMax())) {
      var id = oldest.next();
      remove(id);
      dropped.add(id);
    }
    return dropped;
  }

  /** The result is on disk, or cannot get there: it may be sent. */
  public void safe(ToolResult result) {
    var entry = entries.get(result.requestId());
    if (entry != null && entry.result == result) entry.safe = true;
  }

  /** Forgets when results were sent: a new connection may know nothing of them. */
  public void reconnected() {
    entries.values().forEach(entry -> entry.sentMs = Long.MIN_VALUE / 2);
  }

  /** What is to be sent now, and counts as sent by that. */
  public List<ToolResult> due(long nowMs) {
    var due = new ArrayList<ToolResult>();
    for (var entry : entries.values()) {
      if (!entry.safe || nowMs - entry.sentMs < limits.repeatMs()) continue;
      entry.sentMs = nowMs;
      due.add(entry.result);
    }
    return due;
  }

  /** As {@link #due}, but nothing is sent twice on one connection. */
  public List<ToolResult> unsent(long nowMs) {
    var unsent = new ArrayList<ToolResult>();
    for (var entry : entries.values()) {
      if (!entry.safe || entry.sentMs >= 0) continue;
      entry.sentMs = nowMs;
      unsent.add(entry.result);
    }
    return unsent;
  }

  /** Lets go of what is too old; answers its ids. */
  public List<String> expire(long nowMs) {
    var old =
        entries.entrySet().stream()
            .filter(e -> nowMs - e.getValue().sinceMs > limits.ageMaxMs())
            .map(Map.Entry::getKey)
            .toList();
    old.forEach(this::remove);
    while (!unwanted.isEmpty()) {
      var eldest = unwanted.entrySet().iterator().next();
      if (nowMs - eldest.getValue().sinceMs <= limits.ageMaxMs()) break;
      forget(eldest.getKey());
    }
    return old;
  }

  /**
   * The gateway has the result.
   *
   * @return true when it was kept until now
   */
  public boolean acknowledged(String requestId, Integer epoch) {
    var entry = entries.get(requestId);
    if (entry == null || older(epoch, entry.result.epoch())) return false;
    remove(requestId);
    return true;
  }

  /**
   * The gateway that was told does not want the result. Kept as others are, within a quarter of the
   * bytes.
   *
   * @return true when it was to be sent until now
   */
  public boolean unwanted(String requestId, Integer epoch, long nowMs) {
    var entry = entries.get(requestId);
    if (!acknowledged(requestId, epoch)) return false;
    var kept = new Entry(entry.result, nowMs);
    unwanted.put(requestId, kept);
    unwantedBytes += sizeOf(kept.result);
    while (unwanted.size() > limits.countMax() || unwantedBytes > limits.bytesMax() / 4) {
      forget(unwanted.keySet().iterator().next());
    }
    return true;
  }

  private void forget(String requestId) {
    var entry = unwanted.remove(requestId);
    if (entry != null) unwantedBytes -= sizeOf(entry.result);
  }

  /** The result of this id, to be answered under at least this epoch from now on. */
  public Optional<ToolResult> under(String requestId, Integer epoch) {
    var entry = entries.getOrDefault(requestId, unwanted.get(requestId));
    if (entry == null) return Optional.empty();
    if (older(epoch, entry.result.epoch())) return Optional.of(entry.result);
    return Optional.of(under(entry.result, epoch));
  }

  /** The same result as the answer to another attempt. */
  public static ToolResult under(ToolResult result, Integer epoch) {
    return new ToolResult(
        result.requestId(),
        epoch,
        result.status(),
        result.output(),
        result.error(),
        result.workspace());
  }

  /** Whose results are kept, for the hello. */
  public List<Held> held() {
    return entries.values().stream()
        .map(entry -> entry.result)
        .filter(result -> result.requestId().length() >= RequestId.LENGTH_MIN)
        .map(result -> new Held(result.requestId(), result.epoch() == null ? 1 : result.epoch()))
        .toList();
  }

  public boolean isEmpty() {
    return entries.isEmpty();
  }

  /** True when nothing waits for the disk. */
  public boolean allSafe() {
    return entries.values().stream().allMatch(entry -> entry.safe);
  }

  private void remove(String requestId) {
    var entry = entries.remove(requestId);
    if (entry != null) bytes -= sizeOf(entry.result);
  }

  private static long sizeOf(ToolResult result) {
    long size = FRAME_BYTES;
    if (result.output() != null) size += result.output().size();
    if (result.workspace() != null) size += result.workspace().size();
    if (result.error() != null) size += result.error().length();
    return size;
  }

  private static boolean older(Integer epoch, Integer than) {
    return epoch != null && than != null && epoch < than;
  }
}
