package ai.vespid.agent.engine;

import java.util.List;
import java.util.Map;

/** How a program is started for one call: its arguments, and what stands in its environment. */
record Launch(List<String> arguments, Map<String, String> environment) {
  Launch {
    arguments = List.copyOf(arguments);
    environment = Map.copyOf(environment);
  }

  @Override
  public String toString() {
    return "Launch" + arguments;
  }
}
