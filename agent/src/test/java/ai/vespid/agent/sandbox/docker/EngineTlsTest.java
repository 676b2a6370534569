package ai.vespid.agent.sandbox.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.protocol.trust.TestAuthority;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An engine that lets in only whom its authority vouches for. */
class EngineTlsTest {
  @TempDir Path folder;

  private TestAuthority authority;
  private HttpsServer engine;

  @BeforeEach
  void start() throws Exception {
    authority = new TestAuthority(folder, "engines");
    engine = HttpsServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    var itself = given("engine", authority, "ip:127.0.0.1");
    engine.setHttpsConfigurator(
        new HttpsConfigurator(itself.getSSLContext()) {
          @Override
          public void configure(HttpsParameters parameters) {
            var asked = getSSLContext().getDefaultSSLParameters();
            asked.setNeedClientAuth(true);
            parameters.setSSLParameters(asked);
          }
        });
    engine.createContext(
        "/_ping",
        exchange -> {
          try (exchange) {
            var answer = "OK".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
          }
        });
    engine.start();
  }

  @AfterEach
  void stop() {
    engine.stop(0);
  }

  // As Docker's documentation names the files.
  private EngineTls given(String name, TestAuthority by, String... names) throws Exception {
    var place = Files.createDirectory(folder.resolve(name + "-files"));
    var issued = by.issue(name, names);
    Files.copy(authority.certificate(), place.resolve("ca.pem"));
    Files.copy(issued.certificate(), place.resolve("cert.pem"));
    Files.copy(issued.key(), place.resolve("key.pem"));
    return new EngineTls(place);
  }

  private void ping(EngineTls tls) throws IOException {
    var host = "tcp://127.0.0.1:" + engine.getAddress().getPort();
    try (var client = new Engine(host, tls).client()) {
      client.pingCmd().exec();
    }
  }

  @Test
  void theEngineLetsInWhoShowsACertificateOfItsAuthority() throws Exception {
    ping(given("agent", authority));

    var stranger = given("stranger", new TestAuthority(folder, "others"));
    assertThatThrownBy(() -> ping(stranger)).isInstanceOf(RuntimeException.class);
    assertThatThrownBy(() -> ping(null)).isInstanceOf(RuntimeException.class);
  }

  @Test
  void whatIsMissingIsNamed() throws Exception {
    var incomplete = given("incomplete", authority);
    Files.delete(incomplete.folder().resolve("key.pem"));

    assertThatThrownBy(() -> ping(incomplete)).hasStackTraceContaining("key.pem");
  }

  @Test
  void isAskedForAsFromDockersPrograms() {
    assertThat(EngineTls.of(Map.of("DOCKER_CERT_PATH", "/certs"))).isEmpty();
    assertThat(EngineTls.of(Map.of("DOCKER_TLS_VERIFY", "0"))).isEmpty();
    assertThat(EngineTls.of(Map.of("DOCKER_TLS_VERIFY", "1", "DOCKER_CERT_PATH", "/certs")))
        .contains(new EngineTls(Path.of("/certs")));
  }
}
