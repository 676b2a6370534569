package ai.vespid.protocol;

import java.net.URI;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What records check in their constructors; each returns the value or says what is wrong with it.
 */
public final class Check {
  // RFC 9562: version 1-8 and variant 8, 9, a or b, or the nil or the max UUID.
  private static final Pattern UUID =
      Pattern.compile(
          "(?i)[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
              + "|0{8}-0{4}-0{4}-0{4}-0{12}|f{8}-f{4}-f{4}-f{4}-f{12}");

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

  public static boolean isUuid(String value) {
    return value != null && value.length() == 36 && UUID.matcher(value).matches();
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

  public static String optionalUrl(String field, String value) {
    if (value == null) return null;
    try {
      if (URI.create(value).getHost() == null) throw new InvalidMessage(field, "must be a URL");
    } catch (IllegalArgumentException e) {
      throw new InvalidMessage(field, "must be a URL");
    }
    return value;
  }

  public static String url(String field, String value) {
    return optionalUrl(field, required(field, value));
  }
}
