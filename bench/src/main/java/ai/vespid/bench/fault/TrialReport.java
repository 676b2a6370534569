package ai.vespid.bench.fault;

import ai.vespid.bench.fault.History.Event;
import ai.vespid.protocol.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What came of a trial, as one line of JSON. */
record TrialReport(
    String scenario,
    List<Event> events,
    Map<String, Object> marks,
    List<Violation> violations,
    List<String> gatewayErrors) {
  private static final int SHOWN_MAX = 10;

  boolean isGood() {
    return violations.isEmpty();
  }

  String json(Map<String, Object> circumstances) {
    var line = new LinkedHashMap<String, Object>();
    line.put("scenario", scenario);
    line.putAll(circumstances);
    line.put("ok", isGood());
    line.putAll(counts());
    line.putAll(marks);
    line.put("violations", violations.size());
    line.put("shown", violations.stream().limit(SHOWN_MAX).map(Violation::toString).toList());
    line.put("gatewayErrors", gatewayErrors.size());
    line.put("firstErrors", gatewayErrors.stream().limit(3).toList());
    return new String(Json.write(line), StandardCharsets.UTF_8);
  }

  private Map<String, Object> counts() {
    int posted = 0;
    var accepted = new HashSet<String>();
    var succeeded = new HashSet<String>();
    var failed = new TreeMap<String, Integer>();
    var seen = new HashSet<String>();
    for (var event : events) {
      switch (event) {
        case Event.Posted _ -> posted++;
        case Event.Accepted a -> accepted.add(a.id());
        case Event.Decided d when d.outcome().succeeded() -> succeeded.add(d.id());
        case Event.Decided d -> {
          if (seen.add(d.id())) failed.merge(d.outcome().error(), 1, Integer::sum);
        }
        default -> {}
      }
    }
    var counts = new LinkedHashMap<String, Object>();
    counts.put("posted", posted);
    counts.put("accepted", accepted.size());
    counts.put("succeeded", succeeded.size());
    counts.put("failed", failed);
    counts.put("ranTwice", ranTwice(events).size());
    return counts;
  }

  /** The dispatches that ran more than once. */
  static Set<String> ranTwice(List<Event> events) {
    var once = new HashSet<String>();
    var twice = new LinkedHashSet<String>();
    for (var event : events) {
      if (event instanceof Event.Began began && !once.add(began.id())) twice.add(began.id());
    }
    return twice;
  }

  /** Writes down everything that was seen of the dispatches that are wrong. */
  void saveEvidence(Path file) {
    var ids = violations.stream().map(Violation::id).collect(Collectors.toSet());
    var text = new StringBuilder();
    violations.forEach(violation -> text.append(violation).append('\n'));
    gatewayErrors.forEach(error -> text.append(error).append('\n'));
    for (var event : events) {
      if (ids.contains(idOf(event))) text.append(event).append('\n');
    }
    try {
      Files.createDirectories(file.getParent());
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String idOf(Event event) {
    return switch (event) {
      case Event.Posted e -> e.id();
      case Event.Accepted e -> e.id();
      case Event.Decided e -> e.id();
      case Event.Unanswered e -> e.id();
      case Event.Refused e -> e.id();
      case Event.Misanswered e -> e.id();
      case Event.Missing e -> e.id();
      case Event.Offered e -> e.id();
      case Event.Began e -> e.id();
      case Event.Thanked e -> e.id();
      case Event.Left e -> e.id();
      case Event.Probed _ -> "-";
    };
  }
}
