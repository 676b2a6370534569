package ai.vespid.protocol;

/** Bounds that are part of the protocol: both sides must agree on them. */
public final class Limits {
  /** A dispatch runs at least and at most this long, in milliseconds (contract 3). */
  public static final int TIMEOUT_MS_MIN = 1_000;

  public static final int TIMEOUT_MS_MAX = 600_000;
  public static final int TIMEOUT_MS_DEFAULT = 60_000;

  /** What {@code toolPolicy.outputMaxChars} may say, per stream (contract 1.3). */
  public static final int OUTPUT_CHARS_MIN = 256;

  public static final int OUTPUT_CHARS_MAX = 1_000_000;

  /** Largest frame and largest HTTP body, in bytes. The original allowed frames of 100 MiB (A7). */
  public static final int FRAME_BYTES_MAX = 8 * 1024 * 1024;

  /** How much an executor may do at once. */
  public static final int MAX_IN_FLIGHT_MAX = 200;

  public static final int MAX_IN_FLIGHT_DEFAULT = 10;

  private Limits() {}
}
