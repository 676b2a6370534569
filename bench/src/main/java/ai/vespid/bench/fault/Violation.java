package ai.vespid.bench.fault;

/** Something that must not happen and did. */
record Violation(Rule rule, String id, String text) {
  /** What must hold; the numbers are those of the reliability plan. */
  enum Rule {
    /** Whoever asks long enough is answered, and never with nonsense. */
    ANSWERED(0),
    /** A dispatch fails only for a reason that the fault gives. */
    CAUSE(0),
    /** An accepted dispatch has one terminal result, and nobody sees another. */
    ONE_RESULT(1),
    /** No result of an attempt that was given up is stored. */
    NO_STALE_EPOCH(2),
    /** What may run once at most ran once at most; what succeeded ran. */
    RUNS(3),
    /** When all is quiet, all room is free. */
    ROOM(4),
    /** A figure that has to be reached, such as a time. */
    MARK(0);

    final int number;

    Rule(int number) {
      this.number = number;
    }
  }

  @Override
  public String toString() {
    return rule + (rule.number == 0 ? "" : "(" + rule.number + ")") + " " + id + ": " + text;
  }
}
