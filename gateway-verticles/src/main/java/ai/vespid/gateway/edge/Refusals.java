package ai.vespid.gateway.edge;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.executor.Frames;
import ai.vespid.protocol.executor.GatewayFrame.Refusal;

/** Tells one agent what is wrong with what it said; who goes on with it is let go. */
final class Refusals {
  private final Wire wire;
  private final int invalidFramesMax;
  private final Conduct conduct;
  private final Link link;
  private int invalidFrames;

  Refusals(Link link, Wire wire, ExecutorEdgeSettings settings, Conduct conduct) {
    this.link = link;
    this.wire = wire;
    this.invalidFramesMax = settings.invalidFramesMax();
    this.conduct = conduct;
  }

  // An agent of the original knows no such frame.
  void tell(Dialect dialect, ErrorCode code, String message, String requestId) {
    var refusal = new Refusal(code.name(), message, requestId);
    if (dialect == Dialect.V2) wire.send(Frames.write(refusal));
  }

  void turnAway(Dialect dialect, ErrorCode code, String why) {
    tell(dialect, code, why, null);
    wire.close(Wire.POLICY_VIOLATION, code.name());
  }

  /**
   * A frame that cannot be used: the first one has to be a hello, later ones may be a few. Who goes
   * on with it is not let in again for a while.
   */
  void invalid(Dialect dialect, boolean first, InvalidMessage problem) {
    var code = first ? ErrorCode.HELLO_INVALID : ErrorCode.FRAME_INVALID;
    conduct.invalid();
    if (!first && ++invalidFrames < invalidFramesMax) {
      tell(dialect, code, problem.getMessage(), null);
      return;
    }
    conduct.thrownOut(link.identity().executorId());
    turnAway(dialect, code, problem.getMessage());
  }
}
