package ai.vespid.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Turns over real processes: cancelled ones leave nothing running, and those at once take turns.
 */
@Timeout(180)
final class SessionTurnsIT {
  private static final int CANCELS = 4;
  private static final int PAIRS = 10;

  @TempDir private static Path folder;
  private static UpSite site;

  @BeforeAll
  static void start() {
    site = UpSite.start(folder, Map.of());
  }

  @AfterAll
  static void stop() {
    site.close();
  }

  @Test
  void aCanceledTurnsProcessesAreGoneWhenItIsSaidAndWithinASecond() {
    var session = session();
    long fastestMs = Long.MAX_VALUE;
    for (int i = 0; i < CANCELS; i++) {
      var trace = "VESPID_TRACE=" + UUID.randomUUID();
      // Every second one does not want to end, and is given its grace.
      var deaf = i % 2 == 0 ? "" : "trap '' TERM; ";
      var script = "%ssleep 300 & setsid sleep 300 & wait".formatted(deaf);
      say(session, "run env %s sh -c \"%s\"".formatted(trace, script));
      site.until("the script runs", () -> processes(trace) >= 3);

      long begun = System.nanoTime();
      var canceled = site.post("/sessions/" + session + "/cancel", new JsonObject());
      long tookMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);

      assertThat(processes(trace)).as("%s after %d ms", canceled, tookMs).isZero();
      assertThat(canceled.getString("requestId")).startsWith(session + ":turn:");
      fastestMs = Math.min(fastestMs, tookMs);
    }
    // One of them: others use this machine, too.
    assertThat(fastestMs).isLessThan(1_000);
    assertThat(ends(events(session))).hasSize(CANCELS);
  }

  @Test
  void messagesSentAtOnceAreAllAnsweredInTheirOrder() {
    var session = session();
    for (int i = 0; i < PAIRS; i++) {
      var both =
          IntStream.of(2 * i, 2 * i + 1)
              .mapToObj(n -> CompletableFuture.runAsync(() -> say(session, "message " + n)))
              .toArray(CompletableFuture[]::new);
      CompletableFuture.allOf(both).join();
    }
    site.until("all are answered", () -> ends(events(session)).size() == 2 * PAIRS);
    var events = events(session);

    var said = texts(events, "user_message");
    assertThat(said).hasSize(2 * PAIRS).doesNotHaveDuplicates();
    assertThat(texts(events, "agent_final"))
        .isEqualTo(said.stream().map(text -> "[scripted] You said: " + text).toList());
    assertThat(events)
        .extracting(event -> event.getInteger("seq"))
        .isEqualTo(IntStream.range(0, events.size()).boxed().toList());
  }

  private static String session() {
    var body =
        new JsonObject()
            .put("engine", new JsonObject().put("id", "scripted"))
            .put("prompt", new JsonObject().put("instructions", "Help."))
            .put("tools", new JsonObject().put("allow", new JsonArray().add("shell.run")));
    return site.post("/sessions", body).getJsonObject("session").getString("id");
  }

  private static void say(String session, String message) {
    site.post("/sessions/" + session + "/messages", new JsonObject().put("message", message));
  }

  private static List<JsonObject> events(String session) {
    return site.get("/sessions/" + session + "/events?limit=200").getJsonArray("events").stream()
        .map(JsonObject.class::cast)
        .toList();
  }

  private static List<JsonObject> ends(List<JsonObject> events) {
    return events.stream()
        .filter(event ->
            List.of("agent_final", "error").contains(event.getString("eventType"))
                || "session_turn_canceled"
                    .equals(event.getJsonObject("payload").getString("action")))
        .toList();
  }

  private static List<String> texts(List<JsonObject> events, String type) {
    return events.stream()
        .filter(event -> event.getString("eventType").equals(type))
        .map(event -> event.getJsonObject("payload").getString("message"))
        .toList();
  }

  /** How many processes have this in their environment. */
  private static long processes(String variable) {
    return ProcessHandle.allProcesses()
        .filter(process -> {
          try {
            var environment = Path.of("/proc", "" + process.pid(), "environ");
            return new String(Files.readAllBytes(environment), StandardCharsets.ISO_8859_1)
                .contains(variable);
          } catch (IOException ended) {
            return false;
          }
        })
        .count();
  }
}
