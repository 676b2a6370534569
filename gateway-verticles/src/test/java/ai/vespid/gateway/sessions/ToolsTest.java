package ai.vespid.gateway.sessions;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.engine.Inference.Tool;
import ai.vespid.protocol.engine.KnownTools;
import java.util.List;
import org.junit.jupiter.api.Test;

class ToolsTest {
  @Test
  void anEngineIsToldOfTheHostsToolsWhatTheHostSays() {
    var answer =
        """
        {"tools":[{"id":"skill.a","description":"It is a.","inputSchema":{"type":"object"}},
          {"id":"skill.b"},{"id":"mcp.x.y","description":"y","inputSchema":{}}]}
        """;

    var described =
        Tools.described(
            List.of("shell.run", "skill.a", "skill.gone"), KnownTools.answered(RawJson.of(answer)));

    assertThat(described).extracting(Tool::id).containsExactly("shell.run", "skill.a");
    assertThat(described.get(1).description()).isEqualTo("It is a.");
  }
}
