package ai.vespid.gateway.sessions;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.engine.Chunk.ToolCall;
import ai.vespid.protocol.engine.Inference.Assistant;
import ai.vespid.protocol.engine.Inference.ToolResult;
import ai.vespid.protocol.engine.Inference.User;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What engines of hosts are told. */
final class EngineTaskTest {
  private static final ToolCall CALL =
      new ToolCall("c", "Bash", RawJson.of("{\"command\":\"ls\"}"));

  @Test
  void theFirstMessageStandsForItself() {
    assertThat(EngineTask.text(List.of(new User("hello")))).isEqualTo("hello");
  }

  @Test
  void aConversationIsToldMessageByMessageAndEndsWithTheLast() {
    var text =
        EngineTask.text(
            List.of(
                new User("what is here?"),
                new Assistant("", List.of(CALL)),
                new ToolResult("c", "Bash", false, "a.txt"),
                new Assistant("One file.", List.of()),
                new User("and now?")));

    assertThat(text)
        .containsSubsequence(
            "[user] what is here?",
            "[assistant used Bash] {\"command\":\"ls\"}",
            "[Bash answered] a.txt",
            "[assistant] One file.")
        .endsWith("[user] and now?");
  }

  @Test
  void whoTakesATurnOverIsToldThatItWasBegun() {
    var text = EngineTask.text(List.of(new User("clean up"), new Assistant("", List.of(CALL))));

    assertThat(text).contains("[user] clean up").endsWith("Go on from there.");
  }

  @Test
  void whereNoShellMayRunTheOtherToolsStay() {
    var allow = List.of("shell.run", "skill.*", "agent.execute");

    assertThat(EngineTask.mayWork(allow)).isTrue();
    assertThat(EngineTask.withoutShell(allow)).containsExactly("skill.*");
    assertThat(EngineTask.mayWork(List.of("skill.*"))).isFalse();
  }
}
