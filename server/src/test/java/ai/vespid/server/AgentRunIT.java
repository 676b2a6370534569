package ai.vespid.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A node {@code agent.run} as users meet it: what {@code ./vespid up} starts runs it with its own
 * agent, whose engine is a program that writes what Claude Code documents.
 */
@Timeout(180)
final class AgentRunIT {
  private static final String CLAUDE =
      """
      #!/bin/sh
      [ "$1" = auth ] && exit 0
      say() { printf '%s\\n' "$1"; }
      prompt=$(head -n 1)
      [ "$prompt" = FAIL ] && { echo 'no credit' >&2; exit 1; }
      say '{"type":"system","subtype":"init","model":"claude-stand"}'
      say '{"type":"stream_event","event":{"type":"message_start","message":{"id":"m"}}}'
      for piece in 'You ' 'said: ' "$prompt"; do
        delta='{"type":"content_block_delta","delta":{"type":"text_delta","text":"'$piece'"}}'
        say '{"type":"stream_event","event":'"$delta"'}'
        sleep 0.2
      done
      content='[{"type":"text","text":"You said: '$prompt'"}]'
      say '{"type":"assistant","message":{"id":"m","content":'"$content"'}}'
      say '{"type":"result","subtype":"success","result":"You said: '"$prompt"'"}'
      """;

  @TempDir private static Path folder;
  private static UpSite site;

  @BeforeAll
  static void start() throws IOException {
    var claude = Files.writeString(folder.resolve("claude"), CLAUDE);
    Files.setPosixFilePermissions(claude, PosixFilePermissions.fromString("rwx------"));
    var variables =
        Map.of("VESPID_AGENT_ENGINES", "claude", "VESPID_CLAUDE_CODE_PATH", claude.toString());
    site = UpSite.start(folder, variables);
  }

  @AfterAll
  static void stop() {
    site.close();
  }

  private static String run(String instructions) {
    var config =
        new JsonObject()
            .put("engine", new JsonObject().put("id", "claude.agent-sdk.v1"))
            .put("prompt", new JsonObject().put("instructions", instructions))
            .put("execution", new JsonObject().put("mode", "executor"));
    var node = new JsonObject().put("id", "think").put("type", "agent.run").put("config", config);
    var dsl =
        new JsonObject()
            .put("version", "v2")
            .put("trigger", new JsonObject().put("type", "trigger.manual"))
            .put("nodes", new JsonArray().add(node));
    var body = new JsonObject().put("name", "engine").put("dsl", dsl);
    var workflow = site.post("/workflows", body).getJsonObject("workflow").getString("id");
    site.post("/workflows/" + workflow + "/publish", new JsonObject());
    var run = site.post("/workflows/" + workflow + "/runs", new JsonObject());
    return "/workflows/" + workflow + "/runs/" + run.getJsonObject("run").getString("id");
  }

  private static List<JsonObject> events(String run) {
    return site.get(run + "/events").getJsonArray("events").stream()
        .map(JsonObject.class::cast)
        .toList();
  }

  private static List<JsonObject> events(String run, String type) {
    return events(run).stream().filter(e -> type.equals(e.getString("eventType"))).toList();
  }

  @Test
  void anEngineOfTheAgentCarriesTheNodeOutAndWhatItSaysComesWhileItWorks() {
    var run = run("Hello");

    site.until("the node is done", () -> !events(run, "node_succeeded").isEmpty());
    var output = site.get(run).getJsonObject("run").encode();
    assertThat(output).contains("You said: Hello", "claude-stand");
    assertThat(streamed(run)).isEqualTo("You said: Hello");
  }

  private static String streamed(String run) {
    return events(run, "remote_event").stream()
        .map(event -> event.getJsonObject("payload"))
        .filter(told -> "agent.assistant_delta".equals(told.getString("kind")))
        .map(told -> told.getJsonObject("payload").getString("delta"))
        .collect(Collectors.joining());
  }

  @Test
  void whatAnEngineComplainsOfFailsTheNode() {
    var run = run("FAIL");

    site.until("the run has failed", () -> !events(run, "run_failed").isEmpty());
    assertThat(events(run).toString()).contains("EXECUTOR_CLI_FAILED:no credit");
  }
}
