package ai.vespid.simulation.runs;

/** One line of safety left out, in the world around the runners and never in their own code. */
public enum RunMutant {
  NONE,
  /** A step is written whatever its epoch. */
  EPOCH_UNCHECKED,
  /** A run is claimed while its owner's lease goes on. */
  LEASE_NOT_AWAITED,
  /** A dispatch is sent while its node is still being written as blocked (defect B9). */
  SENT_BEFORE_COMMIT,
  /** A gateway that is given an id twice begins it twice (defect B7). */
  ID_BEGUN_TWICE,
  /** A step that is done again has another key. */
  KEY_OF_ITS_OWN,
  /** What a run has finished is not told to who claims it next (defect B16). */
  FINISHED_NODES_FORGOTTEN,
  /** What is told of a step may be written without the step (defect B15). */
  EVENTS_WRITTEN_APART,
  /** Nobody asks for results that nobody told of, not even before giving them up. */
  RESULTS_NOT_ASKED_FOR,
  /** What came while a run was given back does not make it due. */
  WAKE_NOT_COUNTED,
  /** Who holds a run is not told, when it renews its claim, that something has come. */
  MISSED_NEWS_NOT_TOLD,
  /** A run whose owner died stays claimed. */
  LEASE_NEVER_ENDS,
  /** Nobody looks for runs that nobody told of. */
  RUNS_NOT_SWEPT,
  /** That a dispatch is not wanted any more is told once, and never again. */
  CANCELS_NOT_SWEPT
}
