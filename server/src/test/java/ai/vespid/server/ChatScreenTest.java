package ai.vespid.server;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.session.ViewerFrame;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

/** What a conversation looks like. */
final class ChatScreenTest {
  private final StringWriter shown = new StringWriter();
  private final ChatScreen screen = new ChatScreen(new PrintWriter(shown));

  private void event(long seq, String type, String payload) {
    screen.show(new ViewerFrame.Event("s", seq, type, "info", RawJson.of(payload), "now"));
  }

  private void delta(String text) {
    screen.show(new ViewerFrame.Delta("s", 1, text, "now"));
  }

  private String text() {
    return shown.toString().replace(System.lineSeparator(), "\n");
  }

  @Test
  void showsAnAnswerOnceAsItIsSaid() {
    screen.typed("hi");
    assertThat(screen.busy()).isTrue();
    event(1, "user_message", "{\"message\":\"hi\"}");
    delta("hel");
    delta("lo");
    event(2, "agent_final", "{\"message\":\"hello\"}");

    assertThat(text()).isEqualTo("hello\n");
    assertThat(screen.busy()).isFalse();
    assertThat(screen.seen()).isEqualTo(2);
  }

  @Test
  void showsTheWholeAnswerWhenItsBeginningWasMissed() {
    event(1, "user_message", "{\"message\":\"from elsewhere\"}");
    delta("lo");
    event(2, "agent_final", "{\"message\":\"hello\"}");

    assertThat(text()).isEqualTo("> from elsewhere\nlo\nhello\n");
  }

  @Test
  void showsToolsAndChangesOfTheHost() {
    event(
        1, "tool_call", "{\"stream\":{\"toolId\":\"shell.run\",\"input\":{\"script\":\"uname\"}}}");
    event(2, "tool_result", "{\"stream\":{\"status\":\"succeeded\",\"output\":{\"a\":1}}}");
    event(
        3,
        "system",
        """
        {"action":"session_executor_failover","from":{"pool":"byon","executorId":"a"},
         "to":{"pool":"managed","executorId":"b"}}
        """);

    assertThat(text())
        .isEqualTo(
            """
              * shell.run {"script":"uname"}
              * succeeded {"a":1}
            ! the host changed: byon a -> managed b
            """);
  }

  @Test
  void showsNothingTwice() {
    event(1, "user_message", "{\"message\":\"a\"}");
    event(1, "user_message", "{\"message\":\"a\"}");

    assertThat(text()).isEqualTo("> a\n");
  }

  @Test
  void isNotBusyAfterATurnThatWasCanceledOrFailedOrRefused() {
    event(1, "user_message", "{\"message\":\"a\"}");
    event(2, "user_message", "{\"message\":\"b\"}");
    event(3, "system", "{\"action\":\"session_turn_canceled\"}");
    assertThat(screen.busy()).isTrue();
    event(4, "error", "{\"code\":\"NO_AGENT_AVAILABLE\",\"message\":\"nobody\"}");
    assertThat(screen.busy()).isFalse();
    screen.typed("c");
    screen.show(new ViewerFrame.Error("s", ErrorCode.SESSION_ARCHIVED, "archived"));

    assertThat(screen.busy()).isFalse();
    assertThat(text())
        .isEqualTo(
            """
            > a
            > b
            ! canceled
            ! NO_AGENT_AVAILABLE: nobody
            ! SESSION_ARCHIVED: archived
            """);
  }
}
