package ai.vespid.simulation.sessions;

/** One line of safety left out, in the world around sessions and never in their own code. */
public enum SessionMutant {
  NONE,
  /** Events are written whatever their owner's epoch. */
  EPOCH_UNCHECKED,
  /** Events are written whatever was written since their owner looked. */
  NUMBER_UNCHECKED,
  /** A session is claimed while its owner's lease goes on. */
  LEASE_NOT_AWAITED,
  /** A session whose owner died stays claimed. */
  LEASE_NEVER_ENDS,
  /** Nobody looks for sessions whose owner died. */
  SESSIONS_NOT_SWEPT,
  /** A commit is answered that never was one. */
  ANSWERED_BEFORE_COMMIT,
  /** What is said twice under one key is stored twice. */
  KEYS_NOT_COMPARED,
  /** A new owner is told the open turns in no order. */
  TURNS_UNORDERED,
  /** A new owner is not told what a turn has done so far. */
  STEPS_FORGOTTEN,
  /** A dispatch that is handed in twice is begun twice. */
  ID_BEGUN_TWICE,
  /** What is canceled goes on. */
  CANCEL_LOST,
  /** An edge that watches again is not told what it missed. */
  NEWEST_NOT_TOLD,
  /** What an edge missed cannot be read. */
  GAPS_NOT_READ
}
