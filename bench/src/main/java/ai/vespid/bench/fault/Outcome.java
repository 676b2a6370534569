package ai.vespid.bench.fault;

/**
 * A terminal result as somebody was told it. Two of them are the same result when they are equal.
 *
 * @param error the error of a failed one, else null
 * @param number the dispatch it claims to answer, -1 when it does not say
 * @param execution which execution made it, null when none did
 * @param epoch the attempt it answers, 0 when none did
 */
record Outcome(boolean succeeded, String error, long number, String execution, int epoch) {
  static Outcome succeeded(long number, String execution, int epoch) {
    return new Outcome(true, null, number, execution, epoch);
  }

  static Outcome failed(String error) {
    return new Outcome(false, error, -1, null, 0);
  }
}
