package ai.vespid.bench;

import java.nio.charset.StandardCharsets;
import java.util.Random;

/**
 * The value that an agent is told to echo: a JSON object of a given size that names its request, so
 * that an answer given to the wrong caller is seen.
 */
final class Payload {
  private static final String LETTERS =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,";
  private static final String FRONT = "{\"n\":\"";
  private static final int SIZE_MIN = 64;

  private final String json;

  Payload(int bytes) {
    if (bytes < SIZE_MIN) throw new IllegalArgumentException("payload must have 64 bytes or more");
    var before = FRONT + "0".repeat(RunIds.DIGITS) + "\",\"text\":\"";
    var text = new StringBuilder(before);
    // The same text in every run: figures of different days compare.
    var random = new Random(7);
    while (text.length() < bytes - 2) text.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
    json = text.append("\"}").toString();
  }

  String json() {
    return json;
  }

  byte[] bytes() {
    return json.getBytes(StandardCharsets.US_ASCII);
  }

  /** Where the request's number stands in the value. */
  static int numberAt() {
    return FRONT.length();
  }
}
