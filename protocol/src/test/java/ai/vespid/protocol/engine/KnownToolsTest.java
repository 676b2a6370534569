package ai.vespid.protocol.engine;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.engine.Inference.Tool;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KnownToolsTest {
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
    "*,skill.x,false",
    "memory_search,memory.search,true",
    "memory.get,memory_get,true",
    "memory.get,memory.write,false"
  })
  void aListHasWhatItNamesAndWhatItsStarsStandFor(String entry, String toolId, boolean allowed) {
    assertThat(KnownTools.allowed(List.of(entry), toolId)).isEqualTo(allowed);
  }

  @Test
  void anEngineIsToldOfTheHostsToolsWhatTheHostSays() {
    var answer =
        """
        {"tools":[{"id":"skill.a","description":"It is a.","inputSchema":{"type":"object"}},
          {"id":"skill.b"},{"id":"mcp.x.y","description":"y","inputSchema":{}}]}
        """;

    assertThat(KnownTools.answered(RawJson.of(answer)))
        .extracting(Tool::id)
        .containsExactly("skill.a", "mcp.x.y");
    assertThat(KnownTools.answered(RawJson.of("{\"accepted\":true}"))).isEmpty();
    assertThat(KnownTools.answered(RawJson.of("\"text\""))).isEmpty();
  }
}
