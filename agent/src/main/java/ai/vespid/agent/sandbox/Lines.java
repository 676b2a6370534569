package ai.vespid.agent.sandbox;

import java.util.function.Consumer;

/** Cuts a stream of characters into lines. One longer than its bound is left out. */
final class Lines {
  private static final int LINE_CHARS_MAX = 4 * 1024 * 1024;

  private final Consumer<String> listener;
  private final StringBuilder line = new StringBuilder();
  private boolean tooLong;

  Lines(Consumer<String> listener) {
    this.listener = listener;
  }

  void accept(char[] buffer, int count) {
    int from = 0;
    for (int i = 0; i < count; i++) {
      if (buffer[i] != '\n') continue;
      keep(buffer, from, i);
      end();
      from = i + 1;
    }
    keep(buffer, from, count);
  }

  private void keep(char[] buffer, int from, int to) {
    tooLong |= line.length() + to - from > LINE_CHARS_MAX;
    if (tooLong) line.setLength(0);
    else line.append(buffer, from, to - from);
  }

  /** The stream has ended, which ends its last line. */
  void end() {
    if (!tooLong && !line.isEmpty()) listener.accept(line.toString());
    line.setLength(0);
    tooLong = false;
  }
}
