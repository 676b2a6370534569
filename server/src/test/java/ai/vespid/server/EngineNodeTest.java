package ai.vespid.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A node that only asks models. */
final class EngineNodeTest {
  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  @Test
  void needsNeitherStoresNorTheirSecrets() throws Exception {
    int port = freePort();
    var environment = Map.of("ENGINE_RUNNER_PORT", port + "", "ENGINE_RUNNER_TOKEN", "a-token");
    var config = ServerConfig.read(Path.of("../conf/engine.json"), environment, Server.catalogue());
    var ends =
        new Server.Ends() {
          @Override
          public void givenUp(String what) {}

          @Override
          public void leave() {}
        };
    try (var _ = Server.start(config, environment, CompletableFuture.completedFuture(null), ends);
        var http = HttpClient.newHttpClient()) {
      var base = "http://127.0.0.1:" + port;
      var alive = HttpRequest.newBuilder(URI.create(base + "/healthz")).build();
      assertThat(http.send(alive, BodyHandlers.ofString()).body()).isEqualTo("{\"ok\":true}");
      var infer =
          HttpRequest.newBuilder(URI.create(base + "/internal/v1/llm/infer"))
              .POST(HttpRequest.BodyPublishers.ofString("{}"))
              .build();
      assertThat(http.send(infer, BodyHandlers.ofString()).statusCode()).isEqualTo(401);
    }
  }
}
