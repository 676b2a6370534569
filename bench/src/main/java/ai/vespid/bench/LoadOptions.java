package ai.vespid.bench;

import java.time.Duration;
import picocli.CommandLine.Option;

/** How long and how big. */
final class LoadOptions {
  @Option(names = "--seconds", defaultValue = "5", description = "measured, per round")
  private double seconds;

  @Option(
      names = "--warmup",
      description = "seconds before the first round; ${DEFAULT-VALUE} unless told")
  private double warmup;

  @Option(names = "--payload", defaultValue = "1024", description = "bytes in and out")
  private int payload;

  @Option(
      names = "--patience",
      defaultValue = "30",
      description = "seconds until an answer is missing")
  private double patience;

  @Option(names = "--rounds", description = "of which the median is given; 5 beside a pipe, else 1")
  private Integer rounds;

  @Option(names = "--pipe-heap", defaultValue = "512m", description = "heap of the pipe's process")
  private String pipeHeap;

  LoadOptions() {
    this(5);
  }

  /**
   * @param warmup seconds unless told otherwise
   */
  LoadOptions(double warmup) {
    this.warmup = warmup;
  }

  Payload payload() {
    return new Payload(payload);
  }

  String pipeHeap() {
    return pipeHeap;
  }

  int rounds(int otherwise) {
    return rounds == null ? otherwise : rounds;
  }

  int timeoutMs() {
    return (int) Math.clamp(patience * 1000, 1_000, 600_000);
  }

  /** Only the first round pays the whole warm-up; later ones find compiled code. */
  Pace pace(int round) {
    double before = round == 0 ? warmup : Math.min(warmup, 1);
    return new Pace(seconds(before), seconds(seconds), seconds(patience));
  }

  private static Duration seconds(double value) {
    return Duration.ofNanos((long) (value * 1e9));
  }
}
