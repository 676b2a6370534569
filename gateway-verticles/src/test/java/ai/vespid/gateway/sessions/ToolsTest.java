package ai.vespid.gateway.sessions;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.engine.Inference.Tool;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ToolsTest {
  @ParameterizedTest
  @CsvSource({
    "shell.run,shell.run,true",
    "shell.run,shell.runs,false",
    "connector.action,connector.github.issue.create,true",
    "connector.action,skill.x,false",
    "skill.*,skill.x,true",
    "skill.*,skill.,false",
    "skill.*,mcp.a.x,false",
    "mcp.a.*,mcp.a.x,true",
    "mcp.a.*,mcp.ab.x,false",
    "*,shell.run,false",
    "*,skill.x,false"
  })
  void aListHasWhatItNamesAndWhatItsStarsStandFor(String entry, String toolId, boolean allowed) {
    assertThat(Tools.allowed(List.of(entry), toolId)).isEqualTo(allowed);
  }

  @Test
  void anEngineIsToldOfTheHostsToolsWhatTheHostSays() {
    var answer =
        """
        {"tools":[{"id":"skill.a","description":"It is a.","inputSchema":{"type":"object"}},
          {"id":"skill.b"},{"id":"mcp.x.y","description":"y","inputSchema":{}}]}
        """;

    var described =
        Tools.described(
            List.of("shell.run", "skill.a", "skill.gone"), Tools.answered(RawJson.of(answer)));

    assertThat(described).extracting(Tool::id).containsExactly("shell.run", "skill.a");
    assertThat(described.get(1).description()).isEqualTo("It is a.");
    assertThat(Tools.answered(RawJson.of("{\"accepted\":true}"))).isEmpty();
    assertThat(Tools.answered(RawJson.of("\"text\""))).isEmpty();
  }
}
