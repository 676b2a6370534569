package ai.vespid.server;

import io.vertx.core.json.JsonObject;
import java.io.PrintWriter;
import java.time.InstantSource;

/**
 * A board on a terminal that is drawn over itself. Lines are never wrapped, so that their number is
 * known, and after each drawing the terminal is as it was found: Ctrl-C may come at any time.
 */
final class RunScreen implements RunView {
  private static final String NO_WRAP = "\u001b[?7l";
  private static final String WRAP = "\u001b[?7h";
  private static final String TO_END_OF_LINE = "\u001b[K";
  private static final String TO_END_OF_SCREEN = "\u001b[J";

  private final PrintWriter out;
  private final RunBoard board;
  private final InstantSource clock;
  private int lines;

  RunScreen(PrintWriter out, RunBoard board, InstantSource clock) {
    this.out = out;
    this.board = board;
    this.clock = clock;
  }

  @Override
  public void event(JsonObject event) {
    board.event(event);
  }

  @Override
  public void look() {
    var drawn = board.lines(clock.instant());
    var text = new StringBuilder(NO_WRAP);
    if (lines > 0) text.append("\u001b[").append(lines).append('A');
    for (var line : drawn) text.append('\r').append(line).append(TO_END_OF_LINE).append('\n');
    out.print(text.append(TO_END_OF_SCREEN).append(WRAP));
    out.flush();
    lines = drawn.size();
  }
}
