package ai.vespid.gateway.edge;

import ai.vespid.gateway.edge.InFlight.Assignment;
import ai.vespid.kit.bus.Fault;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.bus.DispatchRouter.Report;
import ai.vespid.sql.ExecutorIdentity;
import java.util.HashSet;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The results one socket brings: believed when the socket holds their dispatch, reported to its
 * home, and acknowledged only when they are decided.
 */
final class ResultReports {
  private static final int EVENT_BYTES_MAX = 1 << 20;

  private static final Logger LOG = LoggerFactory.getLogger(ResultReports.class);
  private static final int RETRIES_MAX = 100;

  /** Tells the agent that it may forget a result. */
  interface Acknowledge {
    void acknowledge(String requestId, Integer epoch, boolean accepted);
  }

  private final ExecutorIdentity identity;
  private final Neighbours neighbours;
  private final InFlight inFlight;
  private final Acknowledge agent;
  private final BooleanSupplier mustRepeat;
  private final Set<Assignment> underWay = new HashSet<>();
  private int retries;

  /**
   * @param mustRepeat whether the agent will not say the result again by itself
   */
  ResultReports(
      ExecutorIdentity identity,
      Neighbours neighbours,
      InFlight inFlight,
      Acknowledge agent,
      BooleanSupplier mustRepeat) {
    this.identity = identity;
    this.neighbours = neighbours;
    this.inFlight = inFlight;
    this.agent = agent;
    this.mustRepeat = mustRepeat;
  }

  /** Tells what a holder says of its work; false when this socket does not hold the dispatch. */
  boolean progressed(String requestId, RawJson event) {
    var assignment = inFlight.answeredBy(requestId, null);
    // A larger one would cost every node more than anybody reads of it.
    if (event.size() <= EVENT_BYTES_MAX) {
      assignment.ifPresent(holds -> neighbours.progressed(holds, event));
    }
    return assignment.isPresent();
  }

  void received(String requestId, Integer epoch, DispatchResult result) {
    var assignment = inFlight.answeredBy(requestId, epoch).orElse(null);
    if (assignment == null) {
      // Decided already, or never given to this socket: it may forget it, and nobody believes it.
      neighbours.conduct().unbelieved();
      agent.acknowledge(requestId, epoch, false);
      return;
    }
    report(assignment, result);
  }

  // An agent repeats its result every few seconds: what is being asked is not asked beside that.
  private void report(Assignment assignment, DispatchResult result) {
    if (!underWay.add(assignment)) return;
    neighbours
        .report(identity, assignment, result)
        .onComplete(_ -> underWay.remove(assignment))
        .onSuccess(reply -> {
          inFlight.remove(assignment);
          agent.acknowledge(
              assignment.requestId(), assignment.epoch(), reply instanceof Report.Settled);
        })
        .onFailure(cause -> reportAgain(assignment, result, Fault.of(cause)));
  }

  // An agent with our extension repeats its result; for others the edge does, while it lives.
  private void reportAgain(Assignment assignment, DispatchResult result, Fault fault) {
    if (!fault.passing() && fault.code() != Fault.Code.NOT_HOME) {
      LOG.atError()
          .addKeyValue("request", assignment.requestId())
          .addKeyValue("cause", fault.code())
          .log("a result could not be reported");
    }
    if (mustRepeat.getAsBoolean() && ++retries <= RETRIES_MAX) {
      neighbours.later(() -> report(assignment, result));
    }
  }
}
