package ai.vespid.simulation;

/**
 * One line of safety left out, each in a shell of the simulator and never in production code. The
 * simulator has to notice every one of them.
 */
public enum Mutant {
  // The router
  /** A report is believed whatever its epoch and whoever sends it. */
  REPORT_EPOCH_UNCHECKED,
  /** The edge tells the agent to forget a result before the router has stored it. */
  ACKNOWLEDGED_BEFORE_SETTLED,
  /** A durable dispatch is offered while its row is still being written. */
  OFFERED_BEFORE_COMMIT,
  /** 201 is answered while the row is still being written. */
  ACCEPTED_BEFORE_COMMIT,
  /** An id that another process claimed is taken all the same. */
  CLAIM_IGNORED,
  /** Whether an id is decided already is not looked up. */
  DECIDED_NOT_LOOKED_UP,
  /** An id that is open already is submitted again instead of joined. */
  OPEN_ID_NOT_JOINED,
  /** What an executor held stays counted after its end. */
  CAPACITY_NOT_RELEASED,
  /** A router that starts does not read the open rows. */
  ROWS_NOT_RECOVERED,
  /** A terminal result that could not be stored is not tried again. */
  STORING_NOT_REPEATED,
  /** An offer without an answer is taken for one that did not arrive. */
  UNANSWERED_OFFER_GIVEN_AWAY,
  /** Another process of an agent is taken for the same one. */
  BOOT_ID_IGNORED,
  /** Time passes without the table being told. */
  DEADLINES_NOT_WATCHED,

  // Several homes
  /** A home that is new does not wait for what edges' sockets hold. */
  HOLDINGS_NOT_AWAITED,
  /** A former home says that it has handed over and goes on deciding. */
  NOTHING_HANDED_OVER,
  /** Whoever is asked decides, home or not. */
  NOT_HOME_NOT_ANSWERED,
  /** An attempt that is handed over counts as newer than the one that is known. */
  STALE_HANDOVER_BELIEVED,
  /** What sockets hold and nobody has told yet is forgotten. */
  ORPHANS_FORGOTTEN,
  /** What another node's routes come to is not compared. */
  DIGESTS_NOT_COMPARED,
  /** Routes of a node that is gone stay. */
  ROUTES_OF_THE_DEAD_KEPT,
  /** An id is taken without being claimed. */
  CLAIM_NOT_MADE,

  // The database
  /** A terminal row is overwritten by a later result. */
  TERMINAL_ROW_OVERWRITTEN,
  /** A result is stored whatever its epoch. */
  STALE_EPOCH_STORED,

  // The edge
  /** The edge offers the same attempt to the agent as often as it is asked to. */
  OFFER_NOT_RECOGNISED,

  // The agent
  /** A dispatch that arrives twice is run twice. */
  AGENT_RUNS_TWICE,
  /** A hello does not say what the agent holds. */
  HELLO_WITHOUT_HELD,
  /** A result is sent once and not kept until it is acknowledged. */
  RESULT_NOT_KEPT,

  // What production did before the simulator found it.
  /** What an agent says before the router has compared its hello is answered as unwanted. */
  RESULT_BEFORE_WELCOME_REFUSED,
  /** An offer that was overtaken by a later attempt takes its place. */
  OVERTAKEN_OFFER_TAKEN,
  /** Whether an id is decided is not looked up when Redis has forgotten that we claimed it. */
  OWN_CLAIMS_FORGOTTEN,
  /** A hello that was overtaken by a later one of the same executor is believed. */
  OVERTAKEN_HELLO_BELIEVED,
  /** A hello that lists a result which is decided but not stored yet is told to drop it. */
  SETTLING_RESULT_DROPPED,
  /** A result that was refused because the row is ahead is answered all the same. */
  REFUSED_RESULT_ANSWERED,
  /** An open row that nobody holds is answered as accepted and left alone. */
  OPEN_ROW_LEFT_ALONE,
  /** An open row that nobody holds is never found unless somebody asks for it. */
  ORPHANED_ROWS_NOT_SWEPT,
  /** Two halves of a split that meet do not ask each other for what is theirs. */
  HALVES_NOT_ASKED,
  /** What a router has and another one is home for stays where it is. */
  STRAYS_KEPT,
  /** What was never begun is given away again without asking whether another home did so. */
  ATTEMPT_NOT_CLAIMED,
  /** What an agent has of another home is taken for never begun there when it is not there. */
  BEGUN_NOT_TOLD,
  /** A synchronous result is told without asking whether another home decided. */
  SYNC_DECIDED_ALONE,
  /** Epochs in memory begin at one at every home. */
  EPOCHS_BEGIN_AT_ONE,
  /** A claim is freed whoever has it. */
  CLAIM_OF_ANOTHER_FREED,
  /** What was claimed before homes moved counts as ours. */
  CLAIMS_NOT_RENEWED,
  /** A node serves before it knows what the others do, and takes itself for the only home. */
  SERVES_BEFORE_INTRODUCED,
  /** What an agent has and its home does not know is not looked for among the open rows. */
  ROWS_NOT_LOOKED_UP,
  /** A route that an edge denied once is never used again, though the registry has it. */
  DENIED_ROUTE_FORGOTTEN,
  /** What is handed over twice is taken twice. */
  HANDOVER_TAKEN_TWICE,
  /** An edge takes offers of homes that are gone. */
  OFFER_OF_THE_DEAD_TAKEN,
  /** An offer that comes again after its end is given to the agent again. */
  ENDED_OFFER_TAKEN,
  /** An offer that was refused for want of room is taken when it comes again. */
  REFUSED_OFFER_TAKEN,
  /** An attempt of another home counts as given up without its edge being asked. */
  WITHDRAWN_UNASKED,
  /** An edge takes offers of a home that was gone as soon as it sees it again. */
  BACK_AT_ONCE,
  /** That an offer made again is not there counts as if it had never been. */
  REPEATED_OFFER_DENIED,
  /** A late answer to an offer is taken for one about the connection that came after. */
  LATE_ANSWER_BELIEVED,
  /** What another home decided is believed to be with its executor until its deadline. */
  LONG_HELD_NOT_LOOKED_UP,
  /** An offer that was refused to a home out of sight is repeated unasked. */
  REFUSED_OFFER_REPEATED,
  /** What is in memory is offered again without asking whether another home decided it. */
  OFFERED_AGAIN_UNASKED,
  /** The newest version of a run's files is believed although homes moved. */
  FILES_NOT_READ_AGAIN,
  /** A home that knows not everything yet, or is home no more, gives dispatches to agents. */
  PLACED_BY_ANYBODY,
  /** A gateway that is told to leave ends as soon as it has nothing. */
  LEAVES_AT_ONCE,
  /** An assignment that the row refuses is tried again under the next epoch. */
  REFUSED_ASSIGNMENT_QUEUED
}
