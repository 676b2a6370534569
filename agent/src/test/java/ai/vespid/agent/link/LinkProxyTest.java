package ai.vespid.agent.link;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.agent.Eventually;
import ai.vespid.agent.trust.ConnectProxy;
import ai.vespid.agent.trust.GatewayTrust;
import ai.vespid.agent.trust.Proxy;
import ai.vespid.agent.trust.TrustChoice;
import ai.vespid.protocol.executor.ExecutorFrame.Hello;
import ai.vespid.protocol.executor.GatewayFrame;
import ai.vespid.protocol.trust.TestAuthority;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The way through a proxy, which is the only one when there is one. */
class LinkProxyTest implements Link.Listener {
  private static final String CREDENTIALS = "me:p@ss";

  @TempDir Path folder;

  private final Vertx vertx = Vertx.vertx();
  private final CountDownLatch connected = new CountDownLatch(1);
  private HttpServer server;
  private Link link;

  @AfterEach
  void stop() {
    vertx.close().await();
  }

  private void serve(HttpServerOptions options) {
    server =
        vertx
            .createHttpServer(options)
            .webSocketHandler(_ -> connected.countDown())
            .listen(0, "127.0.0.1")
            .await();
  }

  private void dial(String scheme, TrustChoice trust, Proxy proxy) {
    var url = scheme + "://127.0.0.1:" + server.actualPort() + "/ws/executor";
    var target = new Link.Target(url, "t", new GatewayTrust(trust), proxy);
    link = new Link(vertx, target, Link.Pace.USUAL, this, new Backoff(new Random(1)));
    link.start();
  }

  private void refuses(Proxy proxy, String code) throws Exception {
    serve(new HttpServerOptions());
    dial("ws", TrustChoice.NONE, proxy);

    Eventually.is(code, () -> fault() != null);
    assertThat(fault()).isEqualTo(code);
    assertThat(connected.getCount()).as("straight connections").isEqualTo(1);
  }

  private String fault() {
    var fault = new CompletableFuture<String>();
    link.run(() -> fault.complete(link.fault()));
    return fault.orTimeout(5, TimeUnit.SECONDS).join();
  }

  @Override
  public Hello hello() {
    return Hellos.idle();
  }

  @Override
  public void opened() {}

  @Override
  public void received(GatewayFrame frame) {}

  @Test
  void goesThroughItInClear() throws Exception {
    serve(new HttpServerOptions());
    var proxy = new ConnectProxy(vertx, null);

    dial("ws", TrustChoice.NONE, new Proxy("127.0.0.1", proxy.port(), null, null));

    assertThat(connected.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(proxy.targets()).containsExactly("127.0.0.1:" + server.actualPort());
  }

  @Test
  void checksTheGatewaysCertificateBehindIt() throws Exception {
    var authority = new TestAuthority(folder, "ca");
    var certificate = authority.issue("gateway", "ip:127.0.0.1");
    serve(
        new HttpServerOptions()
            .setSsl(true)
            .setKeyCertOptions(
                new PemKeyCertOptions()
                    .addCertPath(certificate.certificate().toString())
                    .addKeyPath(certificate.key().toString())));
    var proxy = new ConnectProxy(vertx, CREDENTIALS);
    var way = new Proxy("127.0.0.1", proxy.port(), "me", "p@ss");

    dial("wss", TrustChoice.NONE, way);
    Eventually.is("a refusal", () -> fault() != null);
    assertThat(fault()).isEqualTo("GATEWAY_UNTRUSTED");

    dial("wss", new TrustChoice(authority.certificate(), null, null, null, List.of()), way);
    assertThat(connected.await(20, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void credentialsThatAreMissingOrWrongAreTold() throws Exception {
    var proxy = new ConnectProxy(vertx, CREDENTIALS);

    refuses(new Proxy("127.0.0.1", proxy.port(), null, null), "PROXY_CREDENTIALS_REFUSED");
    refuses(new Proxy("127.0.0.1", proxy.port(), "me", "wrong"), "PROXY_CREDENTIALS_REFUSED");
  }

  @Test
  void aProxyThatLetsNobodyThroughIsNotGoneAround() throws Exception {
    var proxy = new ConnectProxy(vertx, null);
    proxy.refuse();

    refuses(new Proxy("127.0.0.1", proxy.port(), null, null), "PROXY_REFUSED");
  }

  @Test
  void aProxyThatIsAwayIsNotGoneAround() throws Exception {
    refuses(new Proxy("127.0.0.1", closedPort(), null, null), "PROXY_UNREACHABLE");
  }

  private static int closedPort() throws IOException {
    try (var closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return closed.getLocalPort();
    }
  }
}
