package ai.vespid.agent.link;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.executor.ExecutorFrame.Hello;
import ai.vespid.protocol.executor.GatewayFrame;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PfxOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A gateway with a certificate that only its own authority vouches for. */
class LinkTlsTest implements Link.Listener {
  @TempDir Path directory;

  private final Vertx vertx = Vertx.vertx();
  private final CountDownLatch connected = new CountDownLatch(1);
  private HttpServer server;

  @BeforeEach
  void listen() throws Exception {
    var store = directory.resolve("store.p12").toString();
    keytool(
        "-genkeypair",
        "-keystore",
        store,
        "-storepass",
        "changeit",
        "-alias",
        "gateway",
        "-keyalg",
        "EC",
        "-dname",
        "CN=gateway",
        "-ext",
        "san=ip:127.0.0.1",
        "-validity",
        "2");
    keytool(
        "-exportcert",
        "-keystore",
        store,
        "-storepass",
        "changeit",
        "-alias",
        "gateway",
        "-rfc",
        "-file",
        authority());
    var keys = new PfxOptions().setPath(store).setPassword("changeit");
    server =
        vertx
            .createHttpServer(new HttpServerOptions().setSsl(true).setKeyCertOptions(keys))
            .webSocketHandler(_ -> connected.countDown())
            .listen(0, "127.0.0.1")
            .await();
  }

  @AfterEach
  void stop() {
    vertx.close().await();
  }

  private static void keytool(String... arguments) throws Exception {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(arguments));
    var process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(process.waitFor()).isZero();
  }

  private String authority() {
    return directory.resolve("authority.pem").toString();
  }

  private void connect(String caFile) {
    var url = "wss://127.0.0.1:" + server.actualPort() + "/ws/executor";
    var target = new Link.Target(url, "t", caFile);
    new Link(vertx, target, Link.Pace.USUAL, this, new Backoff(new Random(1))).start();
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
  void trustsTheAuthorityItWasGiven() throws InterruptedException {
    connect(authority());

    assertThat(connected.await(20, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void trustsNobodyElse() throws InterruptedException {
    connect(null);

    assertThat(connected.await(2, TimeUnit.SECONDS)).isFalse();
  }
}
