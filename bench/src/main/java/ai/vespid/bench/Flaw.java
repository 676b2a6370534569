package ai.vespid.bench;

/**
 * What is the matter with an answer.
 *
 * @param wrong true for an answer that lies (another output, a second answer, work done twice);
 *     false for one that is missing or says it failed
 */
record Flaw(boolean wrong, String reason) {
  static final Flaw OUTPUT = wrong("output differs from what the agent sent");
  static final Flaw SECOND_ANSWER = wrong("second answer to one request");
  static final Flaw RAN_TWICE = wrong("one dispatch reached an agent twice");
  static final Flaw CACHED = wrong("a new request was answered as if known");
  static final Flaw MISSING = error("no answer in time");

  static Flaw wrong(String reason) {
    return new Flaw(true, reason);
  }

  static Flaw error(String reason) {
    return new Flaw(false, reason);
  }
}
