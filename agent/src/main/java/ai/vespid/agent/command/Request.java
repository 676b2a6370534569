package ai.vespid.agent.command;

import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.agent.session.SessionProvider.Time;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One command that may be carried out: its arguments, which fit their schema, and how long it has.
 *
 * @param secrets arguments that nobody may see
 */
record Request(
    String name,
    JsonNode args,
    JsonNode secrets,
    long timeoutMs,
    int outputCharsMax,
    Cancellation cancellation) {
  String text(String argument) {
    var value = args.get(argument);
    return value == null || value.isNull() ? null : value.asText();
  }

  Long number(String argument) {
    var value = args.get(argument);
    return value == null || value.isNull() ? null : (Long) value.asLong();
  }

  Double decimal(String argument) {
    var value = args.get(argument);
    return value == null || value.isNull() ? null : (Double) value.asDouble();
  }

  Map<String, String> texts(String argument) {
    var texts = new LinkedHashMap<String, String>();
    var value = args.get(argument);
    if (value != null) {
      value.properties().forEach(entry -> texts.put(entry.getKey(), entry.getValue().asText()));
    }
    return texts;
  }

  Map<String, Integer> numbers(String argument) {
    var numbers = new LinkedHashMap<String, Integer>();
    var value = args.get(argument);
    if (value != null) {
      value.properties().forEach(entry -> numbers.put(entry.getKey(), entry.getValue().asInt()));
    }
    return numbers;
  }

  /** A program with its arguments; one line is for the shell. */
  List<String> program(String argument) {
    var value = args.get(argument);
    if (value.isTextual()) return List.of("sh", "-c", value.asText());
    var words = new ArrayList<String>();
    value.forEach(word -> words.add(word.asText()));
    return words;
  }

  Time time() {
    return new Time(timeoutMs, cancellation);
  }

  /** Without the arguments, which are the tenant's. */
  @Override
  public String toString() {
    return "Request[" + name + "]";
  }
}
