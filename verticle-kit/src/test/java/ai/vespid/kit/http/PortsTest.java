package ai.vespid.kit.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PortsTest {
  private final Vertx vertx = Vertx.vertx();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final BlockingQueue<HttpServerRequest> underWay = new LinkedBlockingQueue<>();
  private final Ports ports = new Ports();
  private int port;

  @BeforeEach
  void listen() throws IOException {
    try (var free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    ports.mount(vertx, "127.0.0.1", port, "PORT", "/slow", underWay::add);
    ports.mount(
        vertx, "127.0.0.1", port, "PORT", "/fast", request -> request.response().end("fast"));
    ports.listen(vertx).await();
  }

  @AfterEach
  void close() {
    client.close();
    vertx.close().await();
  }

  @Test
  void whoIsAnsweredWhileWeLeaveIsAskedToGoElsewhere() {
    assertThat(ask("/fast").join().headers().firstValue("connection")).isEmpty();

    ports.leave();

    var answer = ask("/fast").join();
    assertThat(answer.body()).isEqualTo("fast");
    assertThat(answer.headers().firstValue("connection")).hasValue("close");
  }

  @Test
  void whatIsUnderWayIsAnsweredAndNothingNewIsTaken() throws Exception {
    var slow = ask("/slow");
    var request = underWay.poll(5, TimeUnit.SECONDS);
    assertThat(request).isNotNull();

    var down = ports.shutDown(Duration.ofSeconds(20));
    assertThatThrownBy(() -> ask("/fast").orTimeout(10, TimeUnit.SECONDS).join())
        .hasCauseInstanceOf(IOException.class);
    assertThat(down.isComplete()).isFalse();

    request.response().end("late");
    assertThat(slow.join().body()).isEqualTo("late");
    down.await(5, TimeUnit.SECONDS);
  }

  @Test
  void whatTakesTooLongIsCutOff() throws Exception {
    var slow = ask("/slow");
    assertThat(underWay.poll(5, TimeUnit.SECONDS)).isNotNull();

    ports.shutDown(Duration.ofMillis(100)).await(5, TimeUnit.SECONDS);

    assertThatThrownBy(slow::join).hasRootCauseInstanceOf(IOException.class);
  }

  private CompletableFuture<HttpResponse<String>> ask(String path) {
    var uri = URI.create("http://127.0.0.1:" + port + path);
    return client.sendAsync(
        HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }
}
