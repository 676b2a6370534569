package ai.vespid.agent.engine;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.agent.Eventually;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.executor.ExecutorFrame.Event;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class EventStreamTest {
  private static final long NEVER_MS = 60_000;

  private final List<Event> told = new CopyOnWriteArrayList<>();

  private EventStream stream(int flushChars, long flushMs, int eventsMax, int charsMax) {
    return new EventStream(
        new EventStream.Limits(flushChars, flushMs, eventsMax, charsMax),
        () -> Instant.ofEpochMilli(7),
        event -> told.add(Json.read(event.bytes(), Event.class)));
  }

  private List<String> deltas() {
    return told.stream()
        .filter(event -> event.kind().equals("agent.assistant_delta"))
        .map(event -> Json.read(event.payload().bytes(), JsonNode.class).path("delta").asText())
        .toList();
  }

  @Test
  void piecesArePutTogetherAndOtherThingsComeAfterTheTextBeforeThem() {
    var stream = stream(10, NEVER_MS, 100, 1_000);

    stream.delta(1, " one ");
    stream.delta(1, "two ");
    stream.delta(1, "three");
    stream.delta(1, "\n");
    stream.event("agent.tool_call", Map.of("turn", 1));
    stream.delta(2, "four");
    stream.last("agent.final", Map.of());
    stream.delta(2, "late");

    assertThat(deltas()).containsExactly(" one two three", "\n", "four");
    assertThat(told).extracting(Event::seq).containsExactly(1, 2, 3, 4, 5);
    assertThat(told).extracting(Event::ts).containsOnly(7L);
    assertThat(told.get(2).kind()).isEqualTo("agent.tool_call");
  }

  @Test
  void whatWaitsIsToldAfterAWhile() throws Exception {
    stream(1_000, 5, 100, 1_000).delta(1, "few");

    Eventually.is("it is told", () -> deltas().equals(List.of("few")));
  }

  @Test
  void beyondTheLimitsOnlyTheEndIsTold() {
    var stream = stream(1, NEVER_MS, 3, 8);

    for (int i = 0; i < 10; i++) stream.delta(1, "abc");
    stream.event("agent.tool_call", Map.of());
    stream.last("agent.final", Map.of());

    assertThat(deltas()).containsExactly("abc", "abc", "ab");
    assertThat(told).hasSize(4);
    assertThat(told.getLast().kind()).isEqualTo("agent.final");
  }
}
