package ai.vespid.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.kit.node.ConfigurationException;
import io.vertx.core.ThreadingModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ServerConfigTest {
  private static final String SECRET = "0123456789abcdef0123456789abcdef";
  private static final Map<String, String> ENVIRONMENT =
      Map.of(
          "GATEWAY_SERVICE_TOKEN", SECRET,
          "INTERNAL_API_SERVICE_TOKEN", SECRET,
          "AUTH_TOKEN_SECRET", SECRET,
          "WORKSPACE_SIGNING_SECRET", SECRET,
          "GATEWAY_PORT", "4002");

  @TempDir private Path folder;

  private ServerConfig read(String json) {
    try {
      var file = Files.writeString(folder.resolve("test.json"), json);
      return ServerConfig.read(file, ENVIRONMENT, Server.catalogue());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void refuses(String json, String... said) {
    assertThatThrownBy(() -> read(json))
        .isInstanceOf(ConfigurationException.class)
        .message()
        .contains(said)
        .doesNotContain("\n");
  }

  @Test
  void readsTheConfigurationThatIsDelivered() {
    var file = Path.of("../conf/all.json");

    var config = ServerConfig.read(file, ENVIRONMENT, Server.catalogue());

    assertThat(config.deployments())
        .extracting(ServerConfig.Deployment::name)
        .containsExactlyInAnyOrderElementsOf(Server.catalogue().keySet());
  }

  @Test
  void keepsTheOrderOfTheFileAndAppliesTheEnvironment() {
    var config =
        read(
            """
            {"node": {"name": "gw-7"}, "cluster": {"members": []}, "verticles": {
              "result-store": {"instances": 2, "threading": "virtual-thread"},
              "ingress": {"config": {"port": 3002, "requestsMax": 5}}}}
            """);

    assertThat(config.node()).isEqualTo("gw-7");
    assertThat(config.instancesOf("result-store")).isEqualTo(2);
    assertThat(config.instancesOf("control")).isZero();
    var store = config.deployments().get(0);
    assertThat(store.threading()).isEqualTo(ThreadingModel.VIRTUAL_THREAD);
    var ingress = config.deployments().get(1);
    assertThat(ingress.config().getInteger("port")).isEqualTo(4002);
    assertThat(ingress.config().getInteger("requestsMax")).isEqualTo(5);
    assertThat(config.toString()).doesNotContain(SECRET);
  }

  @Test
  void namesTheKnownVerticlesWhenOneIsUnknown() {
    refuses("{\"verticles\": {\"ingres\": {}}}", "unknown verticle \"ingres\"", "ingress, ");
    refuses("{\"verticles\": {}}", "known verticles: ");
  }

  @Test
  void namesTheKnownKeysWhenOneIsUnknown() {
    refuses("{\"verticels\": {}}", "unknown key \"verticels\"", "cluster, node, verticles");
    refuses("{\"node\": {\"nam\": \"x\"}}", "node: unknown key \"nam\"", "host, name");
    refuses(
        "{\"verticles\": {\"control\": {\"instance\": 1}}}",
        "control: unknown key \"instance\"",
        "config, instances, threading");
    refuses(
        "{\"verticles\": {\"ingress\": {\"config\": {\"prot\": 1}}}}",
        "ingress: unknown key \"prot\"",
        "serviceToken");
  }

  @Test
  void refusesWhatNoVerticleCanBe() {
    for (var instances : new String[] {"0", "65", "\"two\"", "1.5"}) {
      refuses(
          "{\"verticles\": {\"ingress\": {\"instances\": %s}}}".formatted(instances),
          "ingress.instances must be a whole number from 1 to 64");
    }
    refuses(
        "{\"verticles\": {\"ingress\": {\"threading\": \"fibers\"}}}",
        "event-loop, virtual-thread, worker");
    refuses("{\"node\": {\"name\": \"a b\"}, \"verticles\": {\"ingress\": {}}}", "node.name");
    refuses("{\"verticles\": []}", "\"verticles\" must be an object");
  }

  @Test
  void saysWhereJsonIsMalformed() {
    refuses("{\n \"verticles\": {,}}", "malformed JSON at line 2");
    refuses("null", "must be a JSON object");
    refuses("{\"verticles\": {\"ingress\": {}, \"ingress\": {}}}", "Duplicate field 'ingress'");
  }

  @Test
  void saysHowToNameAnotherFile() {
    assertThatThrownBy(() ->
            ServerConfig.read(folder.resolve("missing.json"), ENVIRONMENT, Server.catalogue()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("VESPID_CONFIG");
  }
}
