package ai.vespid.agent.settings;

import java.math.BigDecimal;

/** What a value has to look like; each form says what is wrong with one that does not. */
public enum Form {
  TEXT("must not be empty"),
  /** A whole number; one below the floor of its setting is raised to it (contract 7.3). */
  NUMBER("must be a number"),
  DECIMAL("must be a number"),
  /** Milliseconds, or a number with ms, s or m behind it. */
  DURATION("must be a time such as 500ms, 30s or 5m"),
  FLAG("must be true or false"),
  PATH("must be a path"),
  /** Never shown, not even when it is wrong. */
  SECRET("must not be empty");

  private final String rule;

  Form(String rule) {
    this.rule = rule;
  }

  String rule() {
    return rule;
  }

  boolean accepts(String value) {
    return switch (this) {
      case TEXT, SECRET -> !value.isEmpty();
      case NUMBER -> value.matches("-?\\d{1,18}");
      case DECIMAL -> isDecimal(value);
      case DURATION -> value.matches("\\d{1,9}(ms|s|m)?");
      case FLAG -> value.matches("(?i)true|false|1|0");
      case PATH -> value.indexOf('\0') < 0;
    };
  }

  private static boolean isDecimal(String value) {
    try {
      return value.length() <= 30 && new BigDecimal(value).scale() <= 9;
    } catch (NumberFormatException e) {
      return false;
    }
  }
}
