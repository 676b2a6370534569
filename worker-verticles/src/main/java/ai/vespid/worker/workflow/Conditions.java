package ai.vespid.worker.workflow;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.workflow.NodeConfig.Condition;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.NullNode;
import java.util.Locale;

/** Looks at a run's input and says true or false, and why (contract 6). */
final class Conditions {
  /** What a condition's output says. */
  private record Outcome(boolean result, Explain explain) {}

  private record Explain(
      String path, String op, RawJson expected, boolean actualPresent, String actualType) {}

  private Conditions() {}

  static DispatchResult evaluate(Condition condition, RawJson input) {
    if (condition.path() == null || condition.op() == null) return invalid();
    var expected = condition.value() == null ? NullNode.instance : tree(condition.value());
    var actual = at(input == null ? NullNode.instance : tree(input), condition.path());
    boolean result;
    switch (condition.op()) {
      case EXISTS -> result = !actual.isMissingNode();
      case EQ -> result = same(actual, expected);
      case NEQ -> result = !same(actual, expected);
      case CONTAINS -> result = contains(actual, expected);
      case GT, GTE, LT, LTE -> {
        if (!expected.isNumber()) return invalid();
        result = actual.isNumber() && compares(condition.op(), compare(actual, expected));
      }
      default -> throw new IllegalStateException("an operator nobody wrote");
    }
    return DispatchResult.succeeded(RawJson.from(outcome(condition, actual, result)));
  }

  private static DispatchResult invalid() {
    return DispatchResult.failed(ErrorCode.INVALID_CONDITION_CONFIG);
  }

  private static Outcome outcome(Condition condition, JsonNode actual, boolean result) {
    var type = actual.getNodeType().name().toLowerCase(Locale.ROOT);
    return new Outcome(
        result,
        new Explain(
            condition.path(),
            condition.op().name().toLowerCase(Locale.ROOT),
            condition.value(),
            !actual.isMissingNode(),
            actual.isMissingNode() ? "undefined" : type));
  }

  /** What a condition said, read from its output; false when it is no output of one. */
  static boolean resultOf(RawJson output) {
    try {
      return output != null && Json.read(output.bytes(), Outcome.class).result();
    } catch (InvalidMessage e) {
      return false;
    }
  }

  private static JsonNode tree(RawJson json) {
    // "null" is a value here.
    return json.equals(RawJson.NULL) ? NullNode.instance : Json.read(json.bytes(), JsonNode.class);
  }

  // A dot path, with or without "$." before it; numbers are places in arrays.
  private static JsonNode at(JsonNode root, String path) {
    var plain = path.startsWith("$.") ? path.substring(2) : path.equals("$") ? "" : path;
    var at = root;
    if (plain.isEmpty()) return at;
    for (var part : plain.split("\\.", -1)) {
      at =
          at.isArray() && part.matches("\\d{1,6}")
              ? at.path(Integer.parseInt(part))
              : field(at, part);
    }
    return at;
  }

  private static JsonNode field(JsonNode at, String name) {
    return at.isObject() ? at.path(name) : MissingNode.getInstance();
  }

  private static boolean same(JsonNode actual, JsonNode expected) {
    if (actual.isNumber() && expected.isNumber()) return compare(actual, expected) == 0;
    return !actual.isMissingNode() && actual.equals(expected);
  }

  private static boolean contains(JsonNode actual, JsonNode expected) {
    if (actual.isTextual()) {
      return expected.isTextual() && actual.textValue().contains(expected.textValue());
    }
    if (!actual.isArray()) return false;
    for (var element : actual) if (same(element, expected)) return true;
    return false;
  }

  private static int compare(JsonNode a, JsonNode b) {
    return a.decimalValue().compareTo(b.decimalValue());
  }

  private static boolean compares(Condition.Operator op, int order) {
    return switch (op) {
      case GT -> order > 0;
      case GTE -> order >= 0;
      case LT -> order < 0;
      case LTE -> order <= 0;
      case EQ, NEQ, CONTAINS, EXISTS -> throw new IllegalArgumentException("no comparison");
    };
  }
}
