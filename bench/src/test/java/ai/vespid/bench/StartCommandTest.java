package ai.vespid.bench;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.Json;
import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.Vertx;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Starts real processes; the gateway that watches them answers from here. */
class StartCommandTest {
  private static final long SELF = ProcessHandle.current().pid();

  private final Vertx vertx = Vertx.vertx();
  private final AtomicInteger looks = new AtomicInteger();

  @AfterEach
  void close() {
    vertx.close().await();
  }

  @Test
  void timesServerAndAgentWeighsThemAndStopsThem() {
    var text =
        start(
            0,
            "--server",
            "sleep 31.5",
            "--agent",
            "sleep 32.5",
            "--gateway",
            gateway(),
            "--gateway-token",
            "t",
            "--organization",
            "o",
            "--pid",
            Long.toString(SELF));

    var figures =
        Json.read(
            text.lines().findFirst().orElseThrow().getBytes(StandardCharsets.UTF_8),
            JsonNode.class);
    assertThat(figures.path("serverReadyMs").asDouble()).isPositive();
    assertThat(figures.path("agentConnectedMs").asDouble()).isPositive();
    assertThat(figures.path("residentMb").size()).isEqualTo(3);
    assertThat(figures.path("residentMb").toString()).contains("java[" + SELF + "]");
    assertThat(ProcessHandle.current().children().map(child -> child.info().arguments()))
        .noneMatch(arguments -> String.join(" ", arguments.orElse(new String[0])).contains("1.5"));
  }

  @Test
  void saysThatWhatItStartedHasEnded() {
    var text = start(2, "--server", "false", "--gateway", "http://127.0.0.1:1");

    assertThat(text).contains("it ended with code 1");
  }

  @Test
  void saysThatNothingGotReadyInTime() {
    var text =
        start(2, "--server", "sleep 33.5", "--gateway", "http://127.0.0.1:1", "--bound", "1");

    assertThat(text).contains("not ready after 1 s");
  }

  private static String start(int expected, String... arguments) {
    var out = new StringWriter();
    var line = BenchCommand.commandLine();
    line.setOut(new PrintWriter(out)).setErr(new PrintWriter(out));
    var all = new String[arguments.length + 1];
    all[0] = "start";
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    assertThat(line.execute(all)).isEqualTo(expected);
    return out.toString();
  }

  /** Healthy at the third look; one route at first, a second one some looks later. */
  private String gateway() {
    var server =
        vertx
            .createHttpServer()
            .requestHandler(request -> {
              int look = looks.incrementAndGet();
              if (request.path().equals("/healthz")) {
                request.response().setStatusCode(look < 3 ? 503 : 200).end("{}");
              } else {
                request.response().end("{\"routes\":[{}" + (look > 6 ? ",{}" : "") + "]}");
              }
            })
            .listen(0, "127.0.0.1")
            .await();
    return "http://127.0.0.1:" + server.actualPort();
  }
}
