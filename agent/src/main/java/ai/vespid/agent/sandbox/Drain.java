package ai.vespid.agent.sandbox;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * Reads one stream of a process to its end and keeps only the beginning, so that a script that
 * writes without end costs no more memory than one that writes a little.
 *
 * <p>A platform thread of its own reads, because a read from a pipe blocks its carrier thread.
 */
final class Drain {
  private final StringBuilder kept = new StringBuilder();
  private final int charsMax;
  private final Lines lines;
  private final Thread thread;
  private boolean truncated;

  /** What was kept, and whether something was not. */
  record Text(String value, boolean truncated) {}

  Drain(InputStream stream, int charsMax, String name) {
    this(stream, charsMax, name, null);
  }

  /**
   * @param lines hears everything, what is not kept included; may be null
   */
  Drain(InputStream stream, int charsMax, String name, Lines lines) {
    this.charsMax = charsMax;
    this.lines = lines;
    thread = Thread.ofPlatform().daemon().name(name).start(() -> read(stream));
  }

  /** Waits until the stream has ended, but no longer than told. */
  void await(long nanos) throws InterruptedException {
    if (nanos > 0) thread.join(Duration.ofNanos(nanos));
  }

  synchronized Text text() {
    int end = kept.length();
    // A pair cut in half is no character.
    if (end > 0 && Character.isHighSurrogate(kept.charAt(end - 1))) end--;
    return new Text(kept.substring(0, end), truncated);
  }

  private void read(InputStream stream) {
    var buffer = new char[8192];
    try (var reader = new InputStreamReader(stream, StandardCharsets.UTF_8)) {
      for (int n = reader.read(buffer); n >= 0; n = reader.read(buffer)) {
        keep(buffer, n);
        if (lines != null) lines.accept(buffer, n);
      }
      if (lines != null) lines.end();
    } catch (IOException e) {
      // The process was killed while we read; what is kept so far is its output.
      return;
    }
  }

  private synchronized void keep(char[] buffer, int count) {
    int room = Math.min(count, charsMax - kept.length());
    kept.append(buffer, 0, room);
    if (room < count) truncated = true;
  }
}
