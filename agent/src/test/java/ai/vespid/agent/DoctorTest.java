package ai.vespid.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.vespid.agent.trust.ConnectProxy;
import ai.vespid.protocol.trust.TestAuthority;
import io.vertx.core.Vertx;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.SelfSignedCertificate;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each fault is made, and found by its name and with a remedy. */
class DoctorTest {
  @TempDir Path directory;

  private final TestGateway gateway = new TestGateway();
  private Patient patient;
  private Map<String, String> environment;
  private Path config;

  @BeforeEach
  void aHealthyAgent() throws IOException {
    patient = new Patient(directory, gateway);
    environment = patient.environment;
    config = patient.config;
  }

  @AfterEach
  void close() {
    gateway.close();
  }

  @Test
  void aHealthyAgentHasNoFault() {
    assertThat(patient.examine()).filteredOn(Finding::fault).isEmpty();
  }

  @Test
  void aConfigThatIsNotThere() throws IOException {
    Files.delete(config);

    patient.has("CONFIG_ABSENT");
  }

  @Test
  void aConfigThatOthersCanRead() throws IOException {
    Files.setPosixFilePermissions(config, PosixFilePermissions.fromString("rw-r--r--"));

    patient.has("CONFIG_OPEN");
  }

  @Test
  void aConfigThatIsMalformed() throws IOException {
    Files.writeString(config, "{\"executorId\": ");

    patient.has("CONFIG_MALFORMED");
  }

  @Test
  void aConfigThatDoesNotSayWhoTheAgentIsWithEachThingItLacks() throws IOException {
    Files.writeString(config, "{\"executorId\": \"x\", \"gatewayWsUrl\": \"http://h\"}");

    assertThat(patient.examine())
        .filteredOn(finding -> finding.code().equals("IDENTITY_INVALID"))
        .extracting(Finding::what)
        .hasSize(4)
        .anyMatch(what -> what.startsWith("executorId"))
        .anyMatch(what -> what.startsWith("executorToken"))
        .anyMatch(what -> what.startsWith("organizationId"))
        .anyMatch(what -> what.startsWith("gatewayWsUrl"));
  }

  @Test
  void settingsThatAreWrong() {
    environment.put("VESPID_AGENT_STOP_GRACE_MS", "soon");
    environment.put("AGENT_WORKER_DOCKER_ULIMITS", "many");
    environment.put("VESPID_AGENT_SANDBOXES", "host,docker");

    assertThat(patient.examine())
        .filteredOn(finding -> finding.code().equals("SETTING_INVALID"))
        .hasSize(2);
  }

  @Test
  void aKeyThatNobodyReads() throws IOException {
    var text = Files.readString(config).replaceFirst("\\{", "{\"command_timeout\": \"5m\", ");
    Files.writeString(config, text);

    patient.has("KEY_UNREAD");
  }

  @Test
  void authoritiesThatAreNoneOrCannotBeRead() throws IOException {
    environment.put("VESPID_AGENT_TLS_CA_FILE", config.toString());
    patient.has("TLS_CA_INVALID");

    environment.put("VESPID_AGENT_TLS_CA_FILE", directory.resolve("none.pem").toString());
    patient.has("TLS_CA_UNREADABLE");
  }

  @Test
  void aGatewayWithoutAnAddress() throws IOException {
    patient.save("ws://gateway.invalid:3002/ws/executor", TestGateway.TOKEN);

    patient.has("GATEWAY_NAME_UNKNOWN", "GATEWAY_IN_CLEAR");
  }

  @Test
  void aGatewayThatDoesNotAnswer() throws IOException {
    try (var closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      patient.save("ws://127.0.0.1:" + closed.getLocalPort() + "/ws/executor", TestGateway.TOKEN);
    }

    patient.has("GATEWAY_UNREACHABLE");
  }

  @Test
  void aGatewayWhoseCertificateNobodyVouchesFor() throws IOException {
    var vertx = Vertx.vertx();
    var certificate = SelfSignedCertificate.create("localhost");
    try {
      var server =
          vertx
              .createHttpServer(
                  new HttpServerOptions()
                      .setSsl(true)
                      .setKeyCertOptions(certificate.keyCertOptions()))
              .requestHandler(request -> request.response().setStatusCode(401).end())
              .listen(0, "127.0.0.1")
              .await();
      patient.save("wss://127.0.0.1:" + server.actualPort() + "/ws/executor", TestGateway.TOKEN);

      patient.has("GATEWAY_UNTRUSTED");
    } finally {
      certificate.delete();
      vertx.close().await();
    }
  }

  @Test
  void aGatewayThatWantsACertificateOfTheAgent() throws Exception {
    var vertx = Vertx.vertx();
    try {
      var authority = new TestAuthority(directory, "ca");
      var certificate = authority.issue("gateway", "ip:127.0.0.1");
      var server =
          vertx
              .createHttpServer(
                  new HttpServerOptions()
                      .setSsl(true)
                      .setClientAuth(ClientAuth.REQUIRED)
                      .setTrustOptions(
                          new PemTrustOptions().addCertPath(authority.certificate().toString()))
                      .setKeyCertOptions(
                          new PemKeyCertOptions()
                              .addCertPath(certificate.certificate().toString())
                              .addKeyPath(certificate.key().toString())))
              .requestHandler(request -> request.response().setStatusCode(101).end())
              .listen(0, "127.0.0.1")
              .await();
      patient.save("wss://127.0.0.1:" + server.actualPort() + "/ws/executor", TestGateway.TOKEN);
      environment.put("VESPID_AGENT_TLS_CA_FILE", authority.certificate().toString());

      patient.has("CLIENT_CERTIFICATE_REFUSED");

      environment.put("VESPID_AGENT_TLS_PINS", "sha256/" + "ab".repeat(32));
      patient.has("GATEWAY_PIN_MISMATCH");
    } finally {
      vertx.close().await();
    }
  }

  @Test
  void aProxyThatLetsNobodyThroughAndOneThatIsAway() {
    var vertx = Vertx.vertx();
    try {
      var proxy = new ConnectProxy(vertx, null);
      proxy.refuse();
      environment.put("VESPID_AGENT_PROXY_URL", "http://127.0.0.1:" + proxy.port());
      patient.has("PROXY_REFUSED");
    } finally {
      vertx.close().await();
    }
    patient.has("PROXY_UNREACHABLE");

    environment.put("VESPID_AGENT_PROXY_URL", "socks5://127.0.0.1:1");
    patient.has("SETTING_INVALID");
  }

  @Test
  void keysOfCommandsThatCannotBeUsed() {
    environment.put("VESPID_AGENT_COMMAND_KEYS_FILE", config.toString());
    patient.has("COMMAND_KEYS_INVALID");

    environment.put("VESPID_AGENT_COMMAND_KEYS_FILE", directory.resolve("none").toString());
    patient.has("COMMAND_KEYS_UNREADABLE");
  }

  @Test
  void aCredentialThatIsNotKnown() throws IOException {
    patient.save(gateway.url(), "another");

    patient.has("TOKEN_REFUSED");
  }

  @Test
  void anAgentThatWasRevoked() {
    gateway.refuse(403);

    patient.has("EXECUTOR_REVOKED");
  }

  @Test
  void aServerThatIsNoGateway() {
    gateway.refuse(404);

    patient.has("GATEWAY_IS_NONE");
  }

  @Test
  void aGatewayThatLetsNobodyInIsWorthKnowing() {
    gateway.refuse(503);

    patient.has("GATEWAY_BUSY");
    assertThat(patient.examine()).filteredOn(Finding::fault).isEmpty();
  }

  @Test
  void aClockThatIsWrong() throws IOException {
    try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var answer = "HTTP/1.1 401 No\r\nDate: Sat, 01 Jan 2000 00:00:00 GMT\r\n\r\n";
      Thread.ofPlatform()
          .daemon()
          .start(() -> {
            try (var socket = server.accept()) {
              socket.getInputStream().readNBytes(20);
              socket.getOutputStream().write(answer.getBytes());
              socket.getInputStream().readAllBytes();
            } catch (IOException e) {
              throw new IllegalStateException(e);
            }
          });
      patient.save("ws://127.0.0.1:" + server.getLocalPort() + "/ws/executor", TestGateway.TOKEN);

      patient.has("CLOCK_WRONG");
    }
  }

  @Test
  void foldersThatCannotBeWritten() throws IOException {
    var file = Files.createFile(directory.resolve("file"));
    environment.put("VESPID_EXECUTOR_WORKSPACE_CACHE_ROOT", file.toString());
    environment.put("VESPID_AGENT_JOURNAL_DIR", file.toString());
    environment.put("VESPID_AGENT_LOG_FILE", file.resolve("log").toString());

    patient.has("WORKSPACES_UNWRITABLE", "JOURNAL_UNWRITABLE", "LOG_UNWRITABLE");
  }

  @Test
  void aPortThatIsTaken() throws IOException {
    try (var taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      environment.put("VESPID_AGENT_HTTP_PORT", Integer.toString(taken.getLocalPort()));

      patient.has("PORT_TAKEN");
    }
  }

  @Test
  void anAgentThatHoldsItsLockAndDoesNotAnswer() throws Exception {
    try (var _ = AgentCommand.lock(config)) {
      patient.has("AGENT_DOES_NOT_ANSWER");
    }
  }

  @Test
  void anEngineThatIsNotThere() {
    environment.put("VESPID_AGENT_EXEC_BACKEND", "docker");
    environment.put("VESPID_AGENT_SANDBOXES", "docker");
    environment.put("DOCKER_HOST", "unix://" + directory.resolve("none.sock"));

    patient.has("SANDBOX_FAILS");
  }

  @Test
  void programsThatAreMissingAndAProxyThatIsNotUsed() {
    environment.put("PATH", directory.toString());
    environment.put("HTTPS_PROXY", "http://proxy:3128");

    patient.has("BASH_ABSENT", "SETSID_ABSENT", "PROXY_IGNORED");
  }

  @Test
  void aManagedAgentWithoutContainers() throws IOException {
    Files.writeString(
        config, Files.readString(config).replaceFirst("\\{", "{\"pool\": \"managed\", "));

    patient.has("MANAGED_POOL_REQUIRES_CONTAINER_SANDBOX");
  }

  @Test
  void scriptsThatAreRoot() {
    assumeThat(System.getProperty("user.name")).isEqualTo("root");

    patient.has("SCRIPTS_ARE_ROOT");
  }
}
