package ai.vespid.agent;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.agent.command.LocalDesk;
import ai.vespid.agent.command.Site;
import ai.vespid.agent.operation.ControlSocket;
import ai.vespid.protocol.Json;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sessions as the agent's own operator sees them; there is no gateway at all. */
class SessionCommandTest {
  @TempDir Path directory;

  private Path config;
  private Site site;
  private ControlSocket control;

  @BeforeEach
  void start() throws IOException {
    config = directory.resolve("agent.json");
    site = new Site(directory);
    var path = Configuration.read(Map.of(), config).settings().controlSocket(config);
    var desk = new LocalDesk(Optional.of(site.node));
    control = new ControlSocket(path, () -> null, desk, () -> {});
  }

  @AfterEach
  void stop() {
    control.close();
  }

  private record Said(int code, String out, String err) {}

  private Said say(String action, String... arguments) {
    var out = new StringWriter();
    var err = new StringWriter();
    var all = new ArrayList<>(List.of("session", action, "--config-path", config.toString()));
    all.addAll(List.of(arguments));
    int code =
        AgentCommand.line()
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .execute(all.toArray(String[]::new));
    return new Said(code, out.toString(), err.toString());
  }

  private void session(String id) {
    site.run("session.create", "{'session_id':'" + id + "','workspace_path':'w'}");
    site.run("session.start", "{'session_id':'" + id + "'}");
  }

  @Test
  void tellsWhichSessionsThereAre() {
    session("one");
    session("two");

    var listed = say("list");
    var json = say("list", "--json");

    assertThat(listed.code()).isZero();
    assertThat(listed.out().lines().map(line -> line.split(" +")[0])).containsExactly("one", "two");
    assertThat(listed.out()).contains("memory", "running");
    assertThat(Json.read(json.out().getBytes(StandardCharsets.UTF_8), JsonNode.class).fieldNames())
        .toIterable()
        .containsExactlyInAnyOrder("one", "two");
  }

  @Test
  void tellsHowOneOfThemIs() {
    session("one");

    assertThat(say("status", "one").out()).contains("status     running");
    assertThat(say("status", "none")).isEqualTo(new Said(1, "", "session none not found\n"));
  }

  @Test
  void runsAProgramWithItsOwnOptionsInOne() {
    session("one");

    assertThat(say("exec", "one", "ls", "-l", "--json")).isEqualTo(new Said(0, "ls -l --json", ""));
  }

  @Test
  void stopsAndDestroysOne() {
    session("one");

    assertThat(say("stop", "one").out()).isEqualTo("Session one stopped successfully\n");
    assertThat(say("exec", "one", "ls").code()).isEqualTo(SessionCommand.NOT_DONE);
    assertThat(say("destroy", "one").code()).isZero();
    assertThat(say("destroy", "one").err()).contains("session one not found");
    assertThat(say("list")).isEqualTo(new Said(0, "", ""));
  }

  @Test
  void withoutAnAgentItSaysSo() {
    control.close();

    assertThat(say("list")).isEqualTo(new Said(OperatorCommands.NOT_RUNNING, "stopped\n", ""));
  }

  @Test
  void anAgentThatTakesNoCommandsDeniesThem() throws IOException {
    control.close();
    var path = Configuration.read(Map.of(), config).settings().controlSocket(config);
    control = new ControlSocket(path, () -> null, new LocalDesk(Optional.empty()), () -> {});

    assertThat(say("list").err()).contains("session.list is not allowed on this agent");
  }
}
