package ai.vespid.agent.settings;

import java.util.List;
import java.util.stream.Stream;

/** One thing the agent can be told. */
public interface Configurable {
  Form form();

  /** The environment variable. */
  String variable();

  /** The place in the section {@code settings} of the config file; empty when it has none. */
  String key();

  /** For people; whoever uses the setting holds the default itself. */
  String byDefault();

  String description();

  /** What the seeds call it: variables in capitals, keys of their config files in small letters. */
  List<String> aliases();

  /** All there are, in the order of the manual. */
  static List<Configurable> all() {
    return Stream.<Configurable[]>of(Setting.values(), EngineSetting.values())
        .flatMap(Stream::of)
        .toList();
  }
}
