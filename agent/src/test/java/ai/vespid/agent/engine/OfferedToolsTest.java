package ai.vespid.agent.engine;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.agent.engine.EngineCall.Bounds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** How each engine is told of the agent's tools. */
class OfferedToolsTest {
  private static final OfferedTools TOOLS =
      new OfferedTools("http://127.0.0.1:7/mcp", "token-1", Map.of("skill_x", "skill.x"));

  @TempDir Path scratch;

  private static Stream<EngineCli> all() {
    return Stream.of(new ClaudeCli(), new CodexCli(), new OpencodeCli());
  }

  @ParameterizedTest
  @MethodSource("all")
  void theirServerIsNamedAndItsTokenIsInNoArgument(EngineCli cli) throws IOException {
    var bounds = new Bounds(8, 20, 50_000);
    var call = new EngineCall("m-1", "hello", null, false, null, 20_000, bounds, TOOLS);
    var launch = cli.launch(call, scratch);
    var file = scratch.resolve("mcp.json");
    var told = launch.arguments() + "" + launch.environment().values();
    if (Files.exists(file)) told += Files.readString(file);

    assertThat(launch.arguments().toString()).doesNotContain("token-1");
    assertThat(told).contains("http://127.0.0.1:7/mcp", "token-1");
  }

  @ParameterizedTest
  @CsvSource({
    "mcp__vespid__skill_x, skill.x",
    "vespid_skill_x, skill.x",
    "mcp__other__skill_x, ",
    "Bash, "
  })
  void theyAreToldByOurIds(String name, String id) {
    assertThat(TOOLS.idOf(name)).isEqualTo(Optional.ofNullable(id));
  }
}
