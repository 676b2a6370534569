package ai.vespid.protocol.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CommandsTest {
  private static JsonNode json(String text) {
    var bytes = text.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    return Json.read(bytes, JsonNode.class);
  }

  @Test
  void theVerbsAndCommandsOfTheSeedsAreThere() {
    assertThat(Commands.names())
        .contains("session.create", "session.exec", "service.status", "system.health")
        .contains("create_panel_user", "spawn_container", "get_monitoring_data")
        .doesNotHaveDuplicates()
        .hasSize(27);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "session.create | {'session_id': 's.1', 'workspace_path': 'a/b', 'env': {'A': 'b'},"
            + " 'services': {'web': 80}, 'network': 'none', 'memory_mb': 64, 'cpus': 0.5}",
        "session.exec | {'session_id': 's', 'command': ['ls', '']}",
        "session.exec | {'session_id': 's', 'command': 'ls; wc'}",
        "create_openvpn_user | {'username': 'ada', 'userpass': '12345678', 'source_ip': '::1',"
            + " 'key': 'k', 'hmac_key': 'h', 'timeout': 60}",
        "list_users | {}"
      })
  void takesWhatFits(String name, String args) {
    Commands.find(name).orElseThrow().check(json(args));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "session.create | {'session_id': '-s', 'workspace_path': 'w'}",
        "session.create | {'session_id': 's', 'workspace_path': 'w', 'env': {'A=B': 'c'}}",
        "session.create | {'session_id': 's', 'workspace_path': 'w', 'env': {'A': 1}}",
        "session.create | {'session_id': 's', 'workspace_path': 'w', 'services': {'web': 0}}",
        "session.create | {'session_id': 's', 'workspace_path': 'w', 'cpus': 'many'}",
        "session.create | {'session_id': 's', 'workspace_path': 'w', 'memory_mb': 64.5}",
        "session.exec | {'session_id': 's', 'command': []}",
        "session.exec | {'session_id': 's', 'command': ['']}",
        "session.exec | {'session_id': 's', 'command': ['a\\u0000b']}",
        "create_panel_user | {'username': 'al', 'password': '12345678'}",
        "create_panel_user | {'username': 'alice', 'password': 'short'}",
        "create_openvpn_user | {'username': 'ada', 'userpass': '12345678', 'source_ip': '::1',"
            + " 'key': 'k', 'hmac_key': 'h', 'timeout': 59}",
        "list_users | {'all': true}",
        "list_users | []"
      })
  void refusesWhatDoesNotFitWithoutRepeatingIt(String name, String args) {
    var shape = Commands.find(name).orElseThrow();

    assertThatThrownBy(() -> shape.check(json(args)))
        .isInstanceOf(InvalidMessage.class)
        .hasMessageNotContainingAny("short", "many", "'al'");
  }

  @Test
  void secretsAreTakenOut() {
    var shape = Commands.find("create_panel_user").orElseThrow();

    var halves = shape.halves(json("{'username': 'alice', 'password': '12345678'}"));

    assertThat(halves.open()).hasToString("{\"username\":\"alice\"}");
    assertThat(halves.secret()).hasToString("{\"password\":\"12345678\"}");
  }

  @Test
  void whatAPluginTakesOnlyItKnowsAndItsSecretsAreNamedSo() {
    var shape = Commands.find("plugin.backup-now").orElseThrow();

    shape.check(json("{'any': ['thing'], 'secret_key': 'k'}"));
    var halves = shape.halves(json("{'any': ['thing'], 'secret_key': 'k'}"));

    assertThat(halves.open().has("any")).isTrue();
    assertThat(halves.open().has("secret_key")).isFalse();
    assertThat(halves.secret().path("secret_key").asText()).isEqualTo("k");
    assertThat(Commands.find("plugin.")).isEmpty();
    assertThat(Commands.find("plugin.a b")).isEmpty();
  }
}
