package ai.vespid.protocol.command;

import ai.vespid.protocol.InvalidMessage;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * One argument of a command.
 *
 * @param secret it travels apart from the others and stands in no log and no table
 */
public record Argument(String name, boolean required, boolean secret, Rule rule) {
  private static final int ITEMS_MAX = 256;
  private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,127}");

  /** What a value has to be. */
  @FunctionalInterface
  public interface Rule {
    /**
     * @return null when it is, else what it must be, as in "must be a port"
     */
    String broken(JsonNode value);
  }

  static Argument of(String name, Rule rule) {
    return new Argument(name, true, false, rule);
  }

  Argument optional() {
    return new Argument(name, false, secret, rule);
  }

  Argument asSecret() {
    return new Argument(name, required, true, rule);
  }

  /** Throws {@link InvalidMessage} when the value, null for none, does not do. */
  void check(JsonNode value) {
    if (value == null || value.isNull()) {
      if (required) throw new InvalidMessage(name, name + " parameter required");
      return;
    }
    var broken = rule.broken(value);
    if (broken != null) throw new InvalidMessage(name, broken);
  }

  static Rule text(int min, int max) {
    var must = "must be text of " + min + " to " + max + " characters";
    return value -> isText(value, min, max) ? null : must;
  }

  static Rule text(int min, int max, String pattern, String meaning) {
    var compiled = Pattern.compile(pattern);
    var must = "must be " + meaning;
    return value ->
        isText(value, min, max) && compiled.matcher(value.asText()).matches() ? null : must;
  }

  static Rule oneOf(String... values) {
    var known = Set.of(values);
    var must = "must be one of " + String.join(", ", values);
    return value -> value.isTextual() && known.contains(value.asText()) ? null : must;
  }

  static Rule whole(long min, long max) {
    var must = "must be an integer from " + min + " to " + max;
    return value ->
        value.isIntegralNumber()
                && value.canConvertToLong()
                && value.asLong() >= min
                && value.asLong() <= max
            ? null
            : must;
  }

  static Rule decimal(double min, double max) {
    var must = "must be a number from " + min + " to " + max;
    return value ->
        value.isNumber() && value.asDouble() >= min && value.asDouble() <= max ? null : must;
  }

  /** A program with its arguments, or one line for the shell. */
  static Rule program() {
    return value -> {
      if (isText(value, 1, 100_000)) return null;
      var must = "must be a line for the shell, or a program with its arguments as a list of texts";
      if (!value.isArray() || value.isEmpty() || value.size() > ITEMS_MAX) return must;
      for (var part : value) if (!isText(part, 0, 100_000)) return must;
      return value.get(0).asText().isEmpty() ? must : null;
    };
  }

  static Rule variables() {
    var must = "must be an object of variables with texts as values";
    return value -> {
      if (!value.isObject() || value.size() > ITEMS_MAX) return must;
      for (var entry : value.properties()) {
        boolean good =
            VARIABLE.matcher(entry.getKey()).matches() && isText(entry.getValue(), 0, 100_000);
        if (!good) return must;
      }
      return null;
    };
  }

  /** Names with ports. */
  static Rule ports() {
    var must = "must be an object of at most 50 names with ports";
    return value -> {
      if (!value.isObject() || value.size() > 50) return must;
      for (var entry : value.properties()) {
        var port = entry.getValue();
        boolean good =
            entry.getKey().matches("[a-z][a-z0-9_-]{0,30}")
                && port.isInt()
                && port.asInt() >= 1
                && port.asInt() <= 65_535;
        if (!good) return must;
      }
      return null;
    };
  }

  // No process and no container could have a NUL in what it is given.
  private static boolean isText(JsonNode value, int min, int max) {
    if (!value.isTextual()) return false;
    var text = value.asText();
    return text.length() >= min && text.length() <= max && text.indexOf('\0') < 0;
  }
}
