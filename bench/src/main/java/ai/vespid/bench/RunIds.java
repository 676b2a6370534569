package ai.vespid.bench;

import ai.vespid.protocol.RequestId;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * Ids of the dispatches of one generator process. A run id has the shape of a UUID v4: the front is
 * random per process, the last twelve digits count, so that an answer or an invoke is traced back
 * to its request without a map.
 */
final class RunIds {
  static final int LENGTH = 36;
  static final int DIGITS = 12;
  static final String NODE = "bench";
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  private final String front;
  private long last;

  RunIds() {
    var random = new byte[8];
    new SecureRandom().nextBytes(random);
    var hex = HexFormat.of().formatHex(random);
    front =
        "%s-%s-4%s-8%s-"
            .formatted(
                hex.substring(0, 8),
                hex.substring(8, 12),
                hex.substring(12, 15),
                hex.substring(13, 16));
  }

  long next() {
    return ++last;
  }

  String runId(long sequence) {
    return front + "%012x".formatted(sequence);
  }

  String requestId(long sequence) {
    return RequestId.of(runId(sequence), NODE, 1);
  }

  /** Writes the counting digits of {@code sequence} over those that stand at {@code offset}. */
  static void patch(byte[] target, int offset, long sequence) {
    long rest = sequence;
    for (int i = offset + DIGITS - 1; i >= offset; i--) {
      target[i] = HEX[(int) (rest & 15)];
      rest >>>= 4;
    }
  }

  /** The number in a request id of this process, or -1 when somebody else chose the id. */
  int sequenceOf(String requestId) {
    if (requestId.length() < LENGTH || !requestId.startsWith(front)) return -1;
    try {
      return Integer.parseInt(requestId, LENGTH - DIGITS, LENGTH, 16);
    } catch (NumberFormatException _) {
      return -1;
    }
  }
}
