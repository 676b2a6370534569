package ai.vespid.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.kit.bus.Bus;
import ai.vespid.kit.bus.ProtocolCodec;
import ai.vespid.kit.bus.Protocols;
import ai.vespid.kit.node.ConfigurationException;
import ai.vespid.kit.node.Member;
import ai.vespid.kit.node.Membership;
import ai.vespid.protocol.bus.Nodes;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Nodes of one cluster whose messages are sealed. */
@Timeout(60)
class ClusterTlsTest {
  private static final char[] PASSWORD = "changeit".toCharArray();
  private static final Duration MAX = Duration.ofSeconds(2);

  @TempDir Path folder;

  private final Deque<Vertx> nodes = new ArrayDeque<>();
  private final List<Integer> ports = List.of(freePort(), freePort(), freePort());

  @AfterEach
  void stop() {
    while (!nodes.isEmpty()) nodes.pop().close().await();
  }

  @Test
  void nodesOfOneAuthoritySpeakAndOthersAreNotHeard() throws Exception {
    var ours = authority("ours");
    var first = join("a", 0, certificate(ours, "a"));
    join("b", 1, certificate(ours, "b"));
    // A probe is answered by asking back, so both directions work.
    assertThat(first.ask(Nodes.at("b"), new Nodes.Probe("a"), MAX).await())
        .isEqualTo(new Nodes.Probe.Seen(true));

    var stranger = join("c", 2, certificate(authority("theirs"), "c"));

    assertThatThrownBy(() -> stranger.ask(Nodes.at("a"), new Nodes.Answer(), MAX).await());
    assertThatThrownBy(() -> first.ask(Nodes.at("c"), new Nodes.Answer(), MAX).await());
    assertThat(first.ask(Nodes.at("b"), new Nodes.Probe("a"), MAX).await())
        .isEqualTo(new Nodes.Probe.Seen(true));
  }

  @Test
  void halfOfTheFilesAndUnreadableOnesAreRefused() throws Exception {
    var tls = certificate(authority("ours"), "a");

    assertThatThrownBy(() -> config(0, tls.copy().put("tlsKeyFile", "/no/such/key")))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("tlsKeyFile cannot be read: /no/such/key");
    tls.remove("tlsKeyFile");
    assertThatThrownBy(() -> config(0, tls))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("belong together");
  }

  private Bus join(String name, int number, JsonObject tls) {
    var self = new Member(name, name, 1, 1, Member.State.SERVING);
    var cluster = new Cluster(config(number, tls), self, new Membership(self), () -> {}, () -> {});
    var options = new VertxOptions().setEventLoopPoolSize(1);
    options.setEventBusOptions(cluster.busOptions());
    var vertx = cluster.open(Vertx.builder().with(options)).await();
    nodes.push(vertx);
    ProtocolCodec.install(vertx, Protocols.ALL, false);
    cluster.begin().await();
    return new Bus(vertx, name);
  }

  private ClusterConfig config(int number, JsonObject tls) {
    var members = new JsonArray();
    ports.forEach(port -> members.add("127.0.0.1:" + port));
    var cluster = tls.copy().put("port", ports.get(number)).put("members", members);
    return ClusterConfig.of("test.json", new JsonObject(), cluster);
  }

  private static int freePort() {
    return PostgresStore.freePort(0);
  }

  private Path authority(String name) throws Exception {
    var store = folder.resolve(name + ".p12");
    keytool(
        store,
        "-genkeypair",
        "-alias",
        "ca",
        "-keyalg",
        "EC",
        "-dname",
        "CN=" + name,
        "-ext",
        "bc:c");
    keytool(store, "-exportcert", "-alias", "ca", "-rfc", "-file", folder.resolve(name + ".pem"));
    return store;
  }

  /** The settings of a node with a certificate of this authority. */
  private JsonObject certificate(Path authority, String name) throws Exception {
    var store = folder.resolve(name + ".p12");
    var request = folder.resolve(name + ".csr");
    var certificate = folder.resolve(name + ".pem");
    keytool(store, "-genkeypair", "-alias", "node", "-keyalg", "EC", "-dname", "CN=" + name);
    keytool(store, "-certreq", "-alias", "node", "-file", request);
    keytool(
        authority, "-gencert", "-alias", "ca", "-infile", request, "-outfile", certificate, "-rfc");
    var keys = KeyStore.getInstance(store.toFile(), PASSWORD);
    var pem = Base64.getMimeEncoder().encodeToString(keys.getKey("node", PASSWORD).getEncoded());
    var key = folder.resolve(name + ".key");
    Files.writeString(key, "-----BEGIN PRIVATE KEY-----\n" + pem + "\n-----END PRIVATE KEY-----\n");
    return new JsonObject()
        .put("tlsCertFile", certificate.toString())
        .put("tlsKeyFile", key.toString())
        .put("tlsCaFile", authority.toString().replace(".p12", ".pem"));
  }

  private static void keytool(Path store, Object... arguments)
      throws IOException, InterruptedException {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    for (var argument : arguments) command.add(argument.toString());
    command.addAll(
        List.of("-keystore", store.toString(), "-storepass", new String(PASSWORD), "-noprompt"));
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    var output = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor()).as(output).isZero();
  }
}
