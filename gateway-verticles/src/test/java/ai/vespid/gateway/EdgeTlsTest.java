package ai.vespid.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.gateway.TestGateway.Credentials;
import ai.vespid.protocol.trust.TestAuthority;
import ai.vespid.protocol.trust.TestAuthority.Issued;
import io.vertx.core.http.UpgradeRejectedException;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A gateway's port with TLS that wants a certificate of every agent beside its token. */
class EdgeTlsTest {
  @TempDir static Path folder;

  private static TestGateway gateway;
  private static TestAuthority authority;
  private static Issued server;
  private static Path revocations;

  private final List<WebSocketClient> clients = new ArrayList<>();

  @BeforeAll
  static void start() throws Exception {
    authority = new TestAuthority(folder, "ours");
    server = authority.issue("gateway", "ip:127.0.0.1");
    revocations = authority.revocations("agents.crl", authority.issue("gone"));
    gateway = new TestGateway();
    gateway.edgeConfig.mergeIn(
        new JsonObject()
            // Nobody here says hello.
            .put("helloMax", "PT10M")
            .put("tlsCertFile", server.certificate().toString())
            .put("tlsKeyFile", server.key().toString())
            .put("tlsClientAuth", "required")
            .put("tlsClientCaFile", authority.certificate().toString())
            .put("tlsClientCrlFile", revocations.toString()));
    gateway.start();
  }

  @AfterAll
  static void stop() {
    gateway.close();
  }

  private static Credentials executor() {
    return gateway.executor(UUID.randomUUID().toString());
  }

  private static Issued certificateOf(Credentials credentials) throws Exception {
    return authority.issue("agent", "uri:urn:vespid:executor:" + credentials.executorId());
  }

  private WebSocket connect(Credentials credentials, Issued shown) {
    var options =
        new WebSocketClientOptions()
            .setTrustOptions(new PemTrustOptions().addCertPath(authority.certificate().toString()));
    if (shown != null) {
      options.setKeyCertOptions(
          new PemKeyCertOptions()
              .addCertPath(shown.certificate().toString())
              .addKeyPath(shown.key().toString()));
    }
    var client = gateway.vertx.createWebSocketClient(options);
    clients.add(client);
    return client
        .connect(
            new WebSocketConnectOptions()
                .setHost("127.0.0.1")
                .setPort(gateway.port)
                .setSsl(true)
                .setURI("/ws/executor")
                .addHeader("Authorization", "Bearer " + credentials.token()))
        .await();
  }

  private void refuses(Credentials credentials, Issued shown, String code) {
    assertThatThrownBy(() -> connect(credentials, shown))
        .isInstanceOfSatisfying(
            UpgradeRejectedException.class,
            refused -> {
              assertThat(refused.getStatus()).isEqualTo(403);
              assertThat(refused.getBody().toJsonObject().getString("code")).isEqualTo(code);
            });
  }

  @Test
  void letsInWhoHasATokenAndACertificateThatNamesIt() throws Exception {
    var credentials = executor();

    assertThat(connect(credentials, certificateOf(credentials)).isClosed()).isFalse();
    assertThat(connect(credentials, authority.issue(credentials.executorId())).isClosed())
        .isFalse();
    var spiffe = "uri:spiffe://example.org/vespid/executor/" + credentials.executorId();
    assertThat(connect(credentials, authority.issue("agent", spiffe)).isClosed()).isFalse();
  }

  @Test
  void refusesWhoShowsNone() {
    refuses(executor(), null, "CLIENT_CERTIFICATE_REQUIRED");
  }

  @Test
  void refusesThatOfAnotherAuthority() throws Exception {
    var credentials = executor();
    var name = "uri:urn:vespid:executor:" + credentials.executorId();

    var forged = new TestAuthority(folder, "theirs").issue("agent", name);

    // Java shows none that the gateway did not ask for; others do.
    refuses(credentials, forged, "CLIENT_CERTIFICATE_REQUIRED");
  }

  @Test
  void refusesOneWhoseTimeIsOver() throws Exception {
    var credentials = executor();
    var name = "uri:urn:vespid:executor:" + credentials.executorId();

    refuses(credentials, authority.issueExpired("agent", name), "CLIENT_CERTIFICATE_EXPIRED");
  }

  @Test
  void refusesThatOfAnotherExecutor() throws Exception {
    refuses(executor(), certificateOf(executor()), "EXECUTOR_IDENTITY_MISMATCH");
    refuses(executor(), server, "EXECUTOR_IDENTITY_MISMATCH");
  }

  @Test
  void whoIsRevokedIsPutOutAndNotLetInAgain() throws Exception {
    var credentials = executor();
    var certificate = certificateOf(credentials);
    var stays = executor();
    var closed = new CompletableFuture<Void>();
    connect(credentials, certificate).closeHandler(_ -> closed.complete(null));
    var other = connect(stays, certificateOf(stays));

    var list = authority.revocations("next.crl", certificate);
    Files.move(list, revocations, StandardCopyOption.REPLACE_EXISTING);

    closed.get(20, TimeUnit.SECONDS);
    refuses(credentials, certificate, "CLIENT_CERTIFICATE_REVOKED");
    assertThat(other.isClosed()).isFalse();
  }

  @Test
  void aRenewedCertificateOfTheGatewayIsShownWithoutARestart() throws Exception {
    var credentials = executor();
    var own = certificateOf(credentials);
    var renewed = authority.renew(server, "gateway", "ip:127.0.0.1");
    Files.copy(renewed.certificate(), server.certificate(), StandardCopyOption.REPLACE_EXISTING);

    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (true) {
      var socket = connect(credentials, own);
      var shown = socket.sslSession().getPeerCertificates()[0];
      socket.close().await();
      if (shown.equals(renewed.parsed())) return;
      assertThat(System.nanoTime()).isLessThan(deadline);
    }
  }
}
