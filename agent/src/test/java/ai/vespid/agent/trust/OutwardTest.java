package ai.vespid.agent.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What leaves for services goes by the proxy that is named for it, or not at all. */
class OutwardTest {
  private final Vertx vertx = Vertx.vertx();
  private final Queue<String> proxied = new ConcurrentLinkedQueue<>();
  private final Queue<String> direct = new ConcurrentLinkedQueue<>();

  @AfterEach
  void close() {
    vertx.close().await();
  }

  private int proxy(String credentials) {
    return vertx
        .createHttpServer()
        .requestHandler(request -> {
          if (credentials != null && request.getHeader("Proxy-Authorization") == null) {
            request.response().putHeader("Proxy-Authenticate", "Basic realm=\"test\"");
            request.response().setStatusCode(407).end();
          } else {
            proxied.add(request.uri());
            request.response().end("by the proxy");
          }
        })
        .listen(0, "127.0.0.1")
        .await()
        .actualPort();
  }

  private int service() {
    return vertx
        .createHttpServer()
        .requestHandler((HttpServerRequest request) -> {
          direct.add(request.uri());
          request.response().end("straight");
        })
        .listen(0, "127.0.0.1")
        .await()
        .actualPort();
  }

  private static String ask(Outward outward, String url) throws IOException, InterruptedException {
    var request = HttpRequest.newBuilder(URI.create(url)).build();
    return outward.client().send(request, HttpResponse.BodyHandlers.ofString()).body();
  }

  private static Outward by(String proxy) {
    return new Outward(_ -> Proxy.parse(proxy));
  }

  @Test
  void anAddressGoesByItsProxyWhichAloneHasToKnowItsName() throws Exception {
    var outward = by("http://127.0.0.1:" + proxy(null));

    assertThat(ask(outward, "http://service.invalid/issues")).isEqualTo("by the proxy");
    assertThat(proxied).containsExactly("http://service.invalid/issues");
  }

  @Test
  void aProxyThatWantsCredentialsGetsThem() throws Exception {
    var outward = by("http://user:word@127.0.0.1:" + proxy("user:word"));

    assertThat(ask(outward, "http://service.invalid/")).isEqualTo("by the proxy");
  }

  @Test
  void aProxyThatIsAwayIsNotGoneAround() {
    int service = service();
    var outward = by("http://127.0.0.1:9");

    assertThatThrownBy(() -> ask(outward, "http://127.0.0.1:" + service + "/"))
        .isInstanceOf(IOException.class);
    assertThat(direct).isEmpty();
  }

  @Test
  void anAddressWithoutAProxyIsReachedStraight() throws Exception {
    int proxy = proxy(null);
    int service = service();
    var outward =
        new Outward(uri ->
            uri.getPort() == service ? Optional.empty() : Proxy.parse("http://127.0.0.1:" + proxy));

    assertThat(ask(outward, "http://127.0.0.1:" + service + "/")).isEqualTo("straight");
    assertThat(proxied).isEmpty();
  }
}
