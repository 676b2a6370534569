package ai.vespid.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** What {@code workflow watch} draws on a terminal. */
final class RunBoardTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private final RunBoard board = board(new RunBoard.Look(false, true), "a", "b", "c", "d");

  private static RunBoard board(RunBoard.Look look, String... ids) {
    var nodes = new JsonObject();
    for (var id : ids) nodes.put(id, new JsonObject().put("id", id).put("type", "agent.execute"));
    var dsl = new JsonObject().put("graph", new JsonObject().put("nodes", nodes));
    return new RunBoard("daily", dsl, look);
  }

  private static JsonObject event(int second, String type, String node) {
    return new JsonObject()
        .put("runId", "r1")
        .put("attemptCount", 1)
        .put("createdAt", START.plusSeconds(second).toString())
        .put("eventType", type)
        .put("nodeId", node)
        .put("nodeType", node == null ? null : "agent.execute");
  }

  private String drawn(int second) {
    return String.join("\n", board.lines(START.plusSeconds(second)));
  }

  @Test
  void showsWhereEachNodeIs() {
    board.event(event(0, "run_queued", null));
    board.event(event(1, "run_started", null));
    board.event(event(1, "node_started", "a"));
    board.event(
        event(2, "node_succeeded", "a").put("payload", new JsonObject().put("stdout", "hello\n")));
    board.event(event(2, "node_started", "b"));
    board.event(event(2, "node_waiting", "b").put("message", "NO_AGENT_AVAILABLE"));
    var blocker = new JsonObject().put("from", "a").put("reasonCode", "CONDITION_NOT_MET");
    board.event(
        event(2, "node_skipped", "c")
            .put("payload", new JsonObject().put("blockers", new JsonArray().add(blocker))));

    assertThat(drawn(5))
        .isEqualTo(
            """
            daily  r1  running  5.0 s
              ✓ a  agent.execute     1.0 s  hello
              ○ b  agent.execute     3.0 s  waits for an agent: NO_AGENT_AVAILABLE
              – c  agent.execute            condition not met (a)
              · d  agent.execute\
            """);
  }

  @Test
  void showsHowTheRunEnded() {
    board.event(event(0, "run_queued", null));
    board.event(event(0, "run_started", null));
    board.event(event(0, "node_started", "a"));
    board.event(event(3, "node_failed", "a").put("message", "HOST_EXIT_CODE:3"));
    board.event(
        event(3, "run_failed", null).put("message", "HOST_EXIT_CODE:3").put("attemptCount", 3));

    assertThat(drawn(90))
        .startsWith(
            """
            daily  r1  failed  3.0 s  attempt 3  HOST_EXIT_CODE:3
              ✗ a  agent.execute     3.0 s  HOST_EXIT_CODE:3
            """);
  }

  @Test
  void obeysNothingThatAScriptPrints() {
    board.event(
        event(1, "node_succeeded", "a")
            .put("payload", new JsonObject().put("stdout", "\u001b[2Jgone\r\n\u009b1m")));

    assertThat(drawn(2)).contains("[2Jgone").doesNotContain("\u001b", "\r", "\u009b");
  }

  @Test
  void fitsASmallTerminalAndShowsWhatIsUnderWay() {
    var ids = new String[40];
    for (int i = 0; i < ids.length; i++) ids[i] = "n" + i;
    var many = board(new RunBoard.Look(false, false), ids);
    for (int i = 0; i < 20; i++) many.event(event(1, "node_succeeded", "n" + i));
    many.event(event(2, "node_started", "n39"));
    many.event(event(2, "node_failed", "n38"));

    var lines = many.lines(START.plusSeconds(3));

    assertThat(lines).hasSize(RunBoard.NODES_MAX + 2);
    assertThat(lines.getLast()).isEqualTo("  and 25 more nodes");
    assertThat(lines).anyMatch(line -> line.startsWith("  * n39"));
    assertThat(lines).anyMatch(line -> line.startsWith("  x n38"));
  }

  @Test
  void isDrawnOverItself() {
    var out = new StringWriter();
    var screen = new RunScreen(new PrintWriter(out), board, () -> START);

    screen.look();
    int first = out.toString().length();
    screen.look();

    assertThat(out.toString().substring(0, first)).doesNotContain("\u001b[5A");
    assertThat(out.toString().substring(first)).startsWith("\u001b[?7l\u001b[5A\r");
    assertThat(out.toString()).endsWith("\u001b[?7h");
  }
}
