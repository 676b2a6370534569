package ai.vespid.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What must be told of a run of a chain that nothing went wrong with, whoever was killed meanwhile:
 * every event once, in its place, with a number that follows the one before.
 */
public final class RunStory {
  private static final List<String> REMOTE =
      List.of("node_started", "node_dispatched", "remote_result_received", "node_succeeded");
  private static final List<String> LOCAL = List.of("node_started", "node_succeeded");

  private RunStory() {}

  /** One node of the chain. */
  public record Step(String nodeId, boolean remote) {}

  /**
   * @return what is wrong with it, a line each
   */
  public static List<String> flaws(List<Step> chain, List<JsonNode> events) {
    var flaws = new ArrayList<String>();
    var told = new ArrayList<String>();
    for (int i = 0; i < events.size(); i++) {
      var event = events.get(i);
      if (event.path("seq").asLong() != i + 1) flaws.add("event " + (i + 1) + " is missing");
      var type = event.path("eventType").asText();
      // That somebody was waited for is said wherever it was so.
      if (!type.equals("node_waiting")) told.add(type + node(event));
    }
    var expected = expected(chain);
    int alike =
        IntStream.range(0, Math.min(told.size(), expected.size()))
            .takeWhile(i -> told.get(i).equals(expected.get(i)))
            .map(_ -> 1)
            .sum();
    if (!told.equals(expected)) {
      flaws.add(
          "event %d of %d is %s, not %s"
              .formatted(alike + 1, told.size(), at(told, alike), at(expected, alike)));
    }
    return flaws;
  }

  private static String node(JsonNode event) {
    return event.path("nodeId").isTextual() ? ":" + event.path("nodeId").asText() : "";
  }

  private static String at(List<String> list, int place) {
    return place < list.size() ? list.get(place) : "nothing";
  }

  private static List<String> expected(List<Step> chain) {
    var expected = new ArrayList<>(List.of("run_queued", "run_started"));
    for (var step : chain) {
      for (var type : step.remote() ? REMOTE : LOCAL) expected.add(type + ":" + step.nodeId());
    }
    expected.add("run_succeeded");
    return expected;
  }
}
