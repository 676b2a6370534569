package ai.vespid.agent.session;

/**
 * What a session may take of this machine.
 *
 * @param memoryBytes swap included
 * @param nanoCpus billionths of a processor
 * @param diskBytes 0 for what its provider gives everybody
 */
public record Quota(long memoryBytes, long nanoCpus, long diskBytes) {
  static final Quota NONE = new Quota(0, 0, 0);

  Quota plus(Quota other) {
    return new Quota(
        memoryBytes + other.memoryBytes, nanoCpus + other.nanoCpus, diskBytes + other.diskBytes);
  }
}
