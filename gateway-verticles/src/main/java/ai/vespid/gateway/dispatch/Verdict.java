package ai.vespid.gateway.dispatch;

/** What became of a report. */
enum Verdict {
  /** This is the terminal result. */
  DECIDED,
  /** The same attempt was reported before and is being stored. */
  SETTLING,
  /** It is decided otherwise, and that is being stored. */
  OVERRULED,
  /** Decided otherwise, or never assigned to this executor under this epoch. */
  UNWANTED
}
