package ai.vespid.protocol;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * What records check in their constructors; each returns the value or says what is wrong with it.
 */
public final class Check {
  private static final String NIL = "00000000-0000-0000-0000-000000000000";
  private static final String MAX = "ffffffff-ffff-ffff-ffff-ffffffffffff";

  private Check() {}

  public static <T> T required(String field, T value) {
    if (value == null) throw new InvalidMessage(field, "is required");
    return value;
  }

  /** Required text of {@code min} to {@code max} characters. */
  public static String text(String field, String value, int min, int max) {
    return optionalText(field, required(field, value), min, max);
  }

  public static String optionalText(String field, String value, int min, int max) {
    if (value != null && (value.length() < min || value.length() > max)) {
      throw new InvalidMessage(field, "must have " + min + " to " + max + " characters");
    }
    return value;
  }

  public static String uuid(String field, String value) {
    return optionalUuid(field, required(field, value));
  }

  public static String optionalUuid(String field, String value) {
    if (value != null && !isUuid(value)) throw new InvalidMessage(field, "must be a UUID");
    return value;
  }

  /**
   * RFC 9562: version 1 to 8 and variant 8, 9, a or b, or all zeros or all f. By hand, because
   * every frame and every dispatch is full of them.
   */
  public static boolean isUuid(String value) {
    if (value == null || value.length() != 36) return false;
    for (int i = 0; i < 36; i++) {
      boolean dash = i == 8 || i == 13 || i == 18 || i == 23;
      if (dash ? value.charAt(i) != '-' : Character.digit(value.charAt(i), 16) < 0) return false;
    }
    char version = value.charAt(14);
    boolean variant = "89abAB".indexOf(value.charAt(19)) >= 0;
    return version >= '1' && version <= '8' && variant
        || NIL.equals(value)
        || MAX.equalsIgnoreCase(value);
  }

  public static int range(String field, Integer value, int min, int max) {
    required(field, value);
    if (value < min || value > max) {
      throw new InvalidMessage(field, "must be an integer from " + min + " to " + max);
    }
    return value;
  }

  public static Integer optionalRange(String field, Integer value, int min, int max) {
    return value == null ? null : (Integer) range(field, value, min, max);
  }

  /** An optional list of at most {@code countMax} texts; absent means empty. Returns a copy. */
  public static List<String> texts(
      String field, Collection<String> values, int countMax, int lengthMax) {
    if (values == null) return List.of();
    if (values.size() > countMax) {
      throw new InvalidMessage(field, "must have at most " + countMax + " items");
    }
    for (var value : values) text(field, value, 1, lengthMax);
    return List.copyOf(values);
  }

  public static <T> List<T> distinct(Collection<T> values) {
    return List.copyOf(new LinkedHashSet<>(values));
  }

  /** An absolute URL with a host; whether it leads anywhere is for whoever follows it to find. */
  public static String optionalUrl(String field, String value) {
    if (value == null) return null;
    int host = value.indexOf("://") + 3;
    boolean absolute = host > 3 && host < value.length() && "/?#".indexOf(value.charAt(host)) < 0;
    if (!absolute || value.chars().anyMatch(c -> c <= ' ')) {
      throw new InvalidMessage(field, "must be a URL");
    }
    return value;
  }

  public static String url(String field, String value) {
    return optionalUrl(field, required(field, value));
  }
}
