package ai.vespid.agent.settings;

import java.util.List;
import java.util.stream.Stream;

/** One thing the agent can be told. */
public interface Configurable {
  /** All that is known about it. */
  Description described();

  /**
   * What a setting is called and what it means.
   *
   * @param variable the environment variable
   * @param key the place in the section {@code settings} of the config file; empty when it has none
   * @param byDefault for people; whoever uses the setting holds the default itself
   * @param aliases what the seeds call it: variables in capitals, keys of their config files in
   *     small letters
   */
  record Description(
      Form form,
      String variable,
      String key,
      String byDefault,
      String description,
      List<String> aliases) {}

  default Form form() {
    return described().form();
  }

  default String variable() {
    return described().variable();
  }

  default String key() {
    return described().key();
  }

  default String byDefault() {
    return described().byDefault();
  }

  default String description() {
    return described().description();
  }

  default List<String> aliases() {
    return described().aliases();
  }

  /** All there are, in the order of the manual. */
  static List<Configurable> all() {
    return Stream.<Configurable[]>of(Setting.values(), EngineSetting.values())
        .flatMap(Stream::of)
        .toList();
  }
}
