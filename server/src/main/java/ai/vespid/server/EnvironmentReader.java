package ai.vespid.server;

import ai.vespid.kit.node.ConfigurationException;
import ai.vespid.server.EnvironmentTable.Form;
import ai.vespid.server.EnvironmentTable.Variable;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads what is set in the environment by {@link EnvironmentTable}. */
final class EnvironmentReader {
  private static final int PORT_MAX = 65_535;
  private static final List<String> OPENED_BY_UP =
      List.of("API_PORT", "GATEWAY_PORT", "GATEWAY_INTERNAL_PORT");
  private static final List<String> DISTINCT_PORTS =
      List.of("API_PORT", "GATEWAY_PORT", "GATEWAY_INTERNAL_PORT", "ENGINE_RUNNER_PORT");

  private EnvironmentReader() {}

  /**
   * Puts what is set into the sections of the verticles that are configured.
   *
   * @throws ConfigurationException naming the variable whose value cannot be used
   */
  static void apply(Map<String, String> environment, Map<String, JsonObject> sections) {
    check(environment);
    for (var variable : EnvironmentTable.ALL) {
      var value = environment.get(variable.name());
      if (value == null || value.isBlank()) continue;
      for (var target : variable.targets()) {
        int dot = target.indexOf('.');
        var section = sections.get(target.substring(0, dot));
        if (section != null) section.put(target.substring(dot + 1), read(variable, value));
      }
    }
  }

  /** The ports a whole server opens, by their setting. */
  static Map<String, Integer> portsOfUp(Map<String, String> environment) {
    var ports = new HashMap<String, Integer>();
    for (var variable : EnvironmentTable.ALL) {
      if (!OPENED_BY_UP.contains(variable.name())) continue;
      var value = environment.get(variable.name());
      if (value == null || value.isBlank()) value = portByDefault(variable);
      if (value != null) ports.put(variable.name(), (Integer) read(variable, value));
    }
    return ports;
  }

  /** Checks every value, also those that no verticle of this process uses. */
  static void check(Map<String, String> environment) {
    var ports = new HashMap<Integer, String>();
    for (var variable : EnvironmentTable.ALL) {
      var value = environment.get(variable.name());
      if (value == null || value.isBlank()) value = portByDefault(variable);
      if (value == null) continue;
      var read = read(variable, value);
      if (!DISTINCT_PORTS.contains(variable.name()) || Integer.valueOf(0).equals(read)) continue;
      var other = ports.put((Integer) read, variable.name());
      if (other != null) {
        throw new ConfigurationException(
            "%s and %s are both %s; give them different ports"
                .formatted(other, variable.name(), value));
      }
    }
  }

  // ENGINE_RUNNER_PORT's default is reserved, so the others may not take it either.
  private static String portByDefault(Variable variable) {
    return variable.form() == Form.PORT && variable.byDefault().matches("\\d+")
        ? variable.byDefault()
        : null;
  }

  private static Object read(Variable variable, String value) {
    return switch (variable.form()) {
      case TEXT, SECRET -> value;
      case INTEGER -> number(variable, value, Integer.MAX_VALUE);
      case PORT -> number(variable, value, PORT_MAX);
      case FLAG -> flag(variable, value);
    };
  }

  private static Boolean flag(Variable variable, String value) {
    return switch (value.strip()) {
      case "true" -> true;
      case "false" -> false;
      default ->
          throw new ConfigurationException(
              "%s must be true or false: %s".formatted(variable.name(), value));
    };
  }

  private static Integer number(Variable variable, String value, int max) {
    try {
      int number = Integer.parseInt(value.strip());
      if (number >= 0 && number <= max) return number;
    } catch (NumberFormatException _) {
      // Said below, as for a number out of range.
    }
    throw new ConfigurationException(
        "%s must be a whole number from 0 to %d: %s".formatted(variable.name(), max, value));
  }
}
