package ai.vespid.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
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
  private static final int CANCELS = 5;
  private static final int PAIRS = 10;

  @TempDir private static Path folder;
  private static UpSite site;

  @BeforeAll
  static void start() {
    var engine = HostEngine.install(folder).toString();
    site = UpSite.start(folder, Map.of("VESPID_CLAUDE_CODE_PATH", engine));
  }

  @AfterAll
  static void stop() {
    site.close();
  }

  @Test
  void aCanceledTurnsProcessesAreGoneWithinASecondThoughTheyDoNotWantToEnd() {
    var session = session("scripted");
    var tookMs = new ArrayList<Long>();
    for (int i = 0; i < CANCELS; i++) {
      var trace = "VESPID_TRACE=" + UUID.randomUUID();
      var script = "trap '' TERM; sleep 300 & setsid sleep 300 & wait";
      say(session, "run env %s sh -c \"%s\"".formatted(trace, script));
      tookMs.add(cancel(session, trace, 3));
    }

    assertThat(middle(tookMs)).as("%s ms", tookMs).isLessThan(1_000);
    site.until("all have ended", () -> ends(events(session)).size() == CANCELS);
  }

  @Test
  void aCanceledEngineOfTheHostIsGoneWithAllItStartedWithinASecond() {
    var session = session("gateway.claude.v2");
    var tookMs = new ArrayList<Long>();
    for (int i = 0; i < CANCELS; i++) {
      var trace = UUID.randomUUID().toString();
      say(session, "HANG " + trace);
      tookMs.add(cancel(session, "VESPID_TRACE=" + trace, 2));
    }

    assertThat(middle(tookMs)).as("%s ms", tookMs).isLessThan(1_000);
    site.until("all have ended", () -> ends(events(session)).size() == CANCELS);
  }

  /** From a viewer's cancel to the last process that is gone. */
  private static long cancel(String session, String trace, int processes) {
    site.until("they run", () -> Traces.count(trace) >= processes);
    var screen = site.screen();
    try {
      screen.join(session);
      screen.await("session_ack");
      var gone = CompletableFuture.supplyAsync(() -> Traces.goneNanos(trace));
      long begun = System.nanoTime();
      screen.cancel(session);
      long nanos = gone.join() - begun;
      // It is said when it is true.
      screen.await(SessionTurnsIT::saysCanceled);
      assertThat(Traces.count(trace)).isZero();
      return TimeUnit.NANOSECONDS.toMillis(nanos);
    } finally {
      screen.close();
    }
  }

  private static boolean saysCanceled(JsonObject frame) {
    return "system".equals(frame.getString("eventType"))
        && "session_turn_canceled".equals(frame.getJsonObject("payload").getString("action"));
  }

  // Others use this machine, too: not each of them has to be fast.
  private static long middle(List<Long> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }

  @Test
  void talksOnTheTerminalWithAnEngineOfTheHostAndShowsTheToolsItUses() throws Exception {
    var out = folder.resolve("chat.log");
    var chat = site.vespid(out, "chat", "--engine", "gateway.claude.v2");
    try (var in = chat.outputWriter()) {
      in.write("my name is Ada\nTOOL please\n");
    }
    assertThat(chat.waitFor(60, TimeUnit.SECONDS)).isTrue();

    assertThat(UpSite.read(out))
        .contains("* Bash {\"command\":\"ls\"}", "* succeeded a.txt", "I know 2 messages, Ada.");
  }

  @Test
  void messagesSentAtOnceAreAllAnsweredInTheirOrder() {
    var session = session("scripted");
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

  private static String session(String engineId) {
    var body =
        new JsonObject()
            .put("engine", new JsonObject().put("id", engineId))
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
}
