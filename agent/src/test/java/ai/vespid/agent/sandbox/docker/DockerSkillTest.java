package ai.vespid.agent.sandbox.docker;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.agent.TestGateway;
import ai.vespid.agent.engine.NodeEngines;
import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.agent.sandbox.Sandboxes;
import ai.vespid.agent.skill.Skills;
import ai.vespid.agent.task.TaskRunner;
import ai.vespid.agent.tool.Tools;
import ai.vespid.agent.workspace.WorkspaceCache;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.RawJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A skill in a container, which sees nothing of this machine but the run's files (E7). */
class DockerSkillTest {
  private static final String MANIFEST =
      """
      {"id": "where", "version": "1", "description": "Tells where it is.", "entrypoint": "run",
       "runtime": "shell", "inputSchema": {"type": "object"}, "outputMode": "json",
       "sandbox": {"network": "none"}}
      """;

  private static final String SCRIPT =
      """
      read -r input
      [ -e "%s" ] && seen=yes || seen=no
      printf '{"in":%%s,"directory":"%%s","seen":"%%s"}' "$input" "$PWD" "$seen"
      """;

  @TempDir Path directory;

  @BeforeAll
  static void engine() {
    TestEngine.required();
  }

  @Test
  void aSkillRunsInAContainerOnItsCopy() throws IOException {
    var folder = Files.createDirectories(directory.resolve("skills/where"));
    Files.writeString(folder.resolve("skill.json"), MANIFEST);
    Files.writeString(folder.resolve("run"), SCRIPT.formatted(folder));
    var sandboxes = Sandboxes.only(TestEngine.sandbox(Map.of(), directory));
    var cache = new WorkspaceCache(directory.resolve("ws"), WorkspaceCache.Limits.defaults());
    var tools = new Tools(List.of(new Skills(folder.getParent(), sandboxes)), List.of("*"));
    var runner = new TaskRunner(sandboxes, Map.of(), cache, NodeEngines.none(), tools);
    var task =
        "{\"type\":\"tool\",\"toolId\":\"skill.where\",\"input\":{\"n\":1},"
            + "\"allow\":[\"skill.where\"]}";
    var payload = "{\"nodeId\":\"n\",\"node\":{\"config\":{\"task\":" + task + "}}}";

    var result =
        runner.run(
            TestGateway.invoke("request-01", 1, Kind.AGENT_EXECUTE, RawJson.of(payload))
                .of(TestGateway.ORGANIZATION),
            new Cancellation(),
            _ -> {});

    assertThat(result.error()).isNull();
    assertThat(result.output().text())
        .isEqualTo("{\"in\":{\"n\":1},\"directory\":\"/work\",\"seen\":\"no\"}");
    assertThat(result.workspace()).isNull();
  }
}
