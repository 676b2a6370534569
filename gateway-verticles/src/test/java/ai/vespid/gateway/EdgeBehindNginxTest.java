package ai.vespid.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.vespid.gateway.TestGateway.Credentials;
import ai.vespid.kit.http.FreePort;
import ai.vespid.protocol.trust.TestAuthority;
import ai.vespid.protocol.trust.TestAuthority.Issued;
import io.vertx.core.http.UpgradeRejectedException;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.PemKeyCertOptions;
import java.io.IOException;
import java.net.Socket;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * TLS ends at a real nginx, which asks agents for their certificates: what it was shown counts, and
 * what anybody says of himself does not (W-40).
 */
@Timeout(120)
final class EdgeBehindNginxTest {
  @TempDir static Path folder;

  // Kept: a client that becomes unreachable closes its sockets.
  private static final List<WebSocketClient> clients = new ArrayList<>();

  private static TestGateway gateway;
  private static TestAuthority authority;
  private static Process nginx;
  private static int port;

  @BeforeAll
  static void start() throws Exception {
    var program = program();
    assumeThat(program).as("there is no nginx on this machine").isPresent();
    authority = new TestAuthority(folder, "ours");
    gateway = new TestGateway();
    gateway.edgeConfig.mergeIn(
        new JsonObject()
            // Nobody here says hello.
            .put("helloMax", "PT10M")
            .put("tlsClientAuth", "required")
            .put("tlsClientCaFile", authority.certificate().toString())
            .put("tlsTrustedProxies", "127.0.0.2"));
    gateway.start();
    port = FreePort.next();
    nginx = launch(program.get());
    listening();
  }

  @AfterAll
  static void stop() throws InterruptedException {
    if (gateway == null) return;
    nginx.destroy();
    nginx.waitFor(10, TimeUnit.SECONDS);
    gateway.close();
  }

  private static Optional<Path> program() {
    var folders = System.getenv().getOrDefault("PATH", "") + ":/usr/sbin:/usr/local/sbin";
    return Stream.of(folders.split(":"))
        .map(name -> Path.of(name, "nginx"))
        .filter(Files::isExecutable)
        .findFirst();
  }

  // With an address of its own, by which the gateway knows it.
  private static Process launch(Path program) throws Exception {
    var server = authority.issue("proxy", "ip:127.0.0.1");
    var conf =
        """
        daemon off; pid %1$s/nginx.pid; error_log stderr; %2$s
        events { worker_connections 64; }
        http {
          access_log off;
          client_body_temp_path %1$s/b; proxy_temp_path %1$s/p; fastcgi_temp_path %1$s/f;
          uwsgi_temp_path %1$s/u; scgi_temp_path %1$s/s;
          server {
            listen 127.0.0.1:%3$d ssl;
            ssl_certificate %4$s; ssl_certificate_key %5$s;
            ssl_verify_client optional_no_ca;
            location / {
              proxy_pass http://127.0.0.1:%6$d; proxy_bind 127.0.0.2; proxy_http_version 1.1;
              proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;
              proxy_set_header X-SSL-Client-Cert $ssl_client_escaped_cert;
            }
          }
        }
        """
            .formatted(
                folder,
                System.getProperty("user.name").equals("root") ? "user root;" : "",
                port,
                server.certificate(),
                server.key(),
                gateway.port);
    var file = Files.writeString(folder.resolve("nginx.conf"), conf);
    return new ProcessBuilder(program.toString(), "-e", "stderr", "-c", file.toString())
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("nginx.log").toFile())
        .start();
  }

  private static void listening() throws IOException {
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (true) {
      try (var socket = new Socket("127.0.0.1", port)) {
        assertThat(socket.isConnected()).isTrue();
        return;
      } catch (IOException refused) {
        if (System.nanoTime() > limit || !nginx.isAlive()) {
          throw new AssertionError(Files.readString(folder.resolve("nginx.log")));
        }
        LockSupport.parkNanos(50_000_000);
      }
    }
  }

  private static Credentials executor() {
    return gateway.executor(UUID.randomUUID().toString());
  }

  private static Issued certificateOf(Credentials credentials) throws Exception {
    return authority.issue("agent", "uri:urn:vespid:executor:" + credentials.executorId());
  }

  private static WebSocketConnectOptions request(Credentials credentials) {
    return new WebSocketConnectOptions()
        .setHost("127.0.0.1")
        .setURI("/ws/executor")
        .addHeader("Authorization", "Bearer " + credentials.token());
  }

  private static WebSocket byNginx(WebSocketConnectOptions request, Issued shown) {
    var options = new WebSocketClientOptions().setTrustAll(true).setVerifyHost(false);
    if (shown != null) {
      options.setKeyCertOptions(
          new PemKeyCertOptions()
              .addCertPath(shown.certificate().toString())
              .addKeyPath(shown.key().toString()));
    }
    return client(options).connect(request.setPort(port).setSsl(true)).await();
  }

  private static WebSocket straight(WebSocketConnectOptions request) {
    return client(new WebSocketClientOptions()).connect(request.setPort(gateway.port)).await();
  }

  private static WebSocketClient client(WebSocketClientOptions options) {
    var client = gateway.vertx.createWebSocketClient(options);
    clients.add(client);
    return client;
  }

  private static String header(Issued certificate) throws IOException {
    var text = Files.readString(certificate.certificate());
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private static void refused(Runnable connect, String code) {
    assertThatThrownBy(connect::run)
        .isInstanceOfSatisfying(
            UpgradeRejectedException.class,
            refused ->
                assertThat(refused.getBody().toJsonObject().getString("code")).isEqualTo(code));
  }

  @Test
  void whatNginxWasShownCounts() throws Exception {
    var credentials = executor();

    assertThat(byNginx(request(credentials), certificateOf(credentials)).isClosed()).isFalse();
  }

  @Test
  void theGatewayJudgesItNotNginx() throws Exception {
    var credentials = executor();
    var name = "uri:urn:vespid:executor:" + credentials.executorId();
    var forged = new TestAuthority(folder, "theirs").issue("agent", name);

    refused(() -> byNginx(request(credentials), forged), "CLIENT_CERTIFICATE_UNTRUSTED");
    refused(() -> byNginx(request(credentials), null), "CLIENT_CERTIFICATE_REQUIRED");
    var another = certificateOf(executor());
    refused(() -> byNginx(request(credentials), another), "EXECUTOR_IDENTITY_MISMATCH");
  }

  @Test
  void whatAnAgentSaysOfItselfIsNotPassedOn() throws Exception {
    var credentials = executor();
    var claimed = header(certificateOf(credentials));

    refused(
        () -> byNginx(request(credentials).addHeader("X-SSL-Client-Cert", claimed), null),
        "CLIENT_CERTIFICATE_REQUIRED");
  }

  @Test
  void whoIsNoTrustedProxyIsNotBelieved() throws Exception {
    var credentials = executor();
    var claimed = header(certificateOf(credentials));

    for (var forwarded : List.of("127.0.0.2", "127.0.0.1")) {
      var request =
          request(credentials)
              .addHeader("X-SSL-Client-Cert", claimed)
              .addHeader("X-Forwarded-For", forwarded);
      refused(() -> straight(request), "CLIENT_CERTIFICATE_REQUIRED");
    }
  }
}
