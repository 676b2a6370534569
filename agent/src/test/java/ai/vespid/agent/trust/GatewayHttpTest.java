package ai.vespid.agent.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.protocol.trust.Distrust;
import ai.vespid.protocol.trust.TestAuthority;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pairing and files go the way of the link and believe the same. */
class GatewayHttpTest {
  @TempDir Path folder;

  private final Vertx vertx = Vertx.vertx();
  private TestAuthority authority;
  private HttpServer server;

  @BeforeEach
  void serve() throws Exception {
    authority = new TestAuthority(folder, "ca");
    var certificate = authority.issue("gateway", "ip:127.0.0.1");
    server =
        vertx
            .createHttpServer(
                new HttpServerOptions()
                    .setSsl(true)
                    .setKeyCertOptions(
                        new PemKeyCertOptions()
                            .addCertPath(certificate.certificate().toString())
                            .addKeyPath(certificate.key().toString())))
            .requestHandler(request -> request.response().end("files"))
            .listen(0, "127.0.0.1")
            .await();
  }

  @AfterEach
  void stop() {
    vertx.close().await();
  }

  private HttpResponse<String> get(TrustChoice trust, Proxy proxy) throws Exception {
    var request = HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + server.actualPort()));
    return new GatewayHttp(new GatewayTrust(trust), proxy)
        .client()
        .send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private TrustChoice ours(String... pins) {
    return new TrustChoice(authority.certificate(), null, null, null, List.of(pins));
  }

  @Test
  void believesTheSameAsTheLink() throws Exception {
    assertThat(get(ours(), null).body()).isEqualTo("files");
    assertThatThrownBy(() -> get(TrustChoice.NONE, null)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> get(ours("ab".repeat(32)), null))
        .satisfies(failure ->
            assertThat(Distrust.within(failure).reason()).isEqualTo(Distrust.Reason.PIN_MISMATCH));
  }

  @Test
  void goesThroughAProxyThatWantsAPassword() throws Exception {
    var proxy = new ConnectProxy(vertx, "me:p@ss");

    assertThat(get(ours(), new Proxy("127.0.0.1", proxy.port(), "me", "p@ss")).body())
        .isEqualTo("files");
    assertThat(proxy.targets()).hasSize(1);
    assertThatThrownBy(() -> get(ours(), new Proxy("127.0.0.1", proxy.port(), "me", "no")))
        .isInstanceOf(IOException.class);
    assertThat(proxy.targets()).hasSize(1);
  }
}
