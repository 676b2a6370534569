package ai.vespid.bench;

/** What the callers ask for and how an answer to it is judged. */
interface Work {
  /** The whole HTTP request number {@code sequence}; the caller may keep the bytes. */
  byte[] request(long sequence);

  /**
   * Judges the answer to that request.
   *
   * @return null when it is right
   */
  Flaw check(long sequence, ResponseReader answer);
}
