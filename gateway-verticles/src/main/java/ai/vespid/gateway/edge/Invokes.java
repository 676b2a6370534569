package ai.vespid.gateway.edge;

import ai.vespid.protocol.Limits;
import ai.vespid.protocol.NetworkMode;
import ai.vespid.protocol.bus.Dispatch;
import ai.vespid.protocol.bus.ExecutorEdge.Offer;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.executor.ExecutorFrame.Held;
import ai.vespid.protocol.executor.GatewayFrame.InvokeTool;
import ai.vespid.protocol.executor.GatewayFrame.Mount;
import ai.vespid.protocol.executor.GatewayFrame.MountMode;
import ai.vespid.protocol.executor.GatewayFrame.ToolPolicy;
import ai.vespid.protocol.executor.GatewayFrame.Welcome;
import ai.vespid.protocol.executor.LegacyFrame;
import java.util.List;

/** The frames that hand a dispatch to an agent. */
final class Invokes {
  private static final List<Mount> MOUNTS =
      List.of(new Mount("/work", MountMode.READ_WRITE), new Mount("/tmp", MountMode.READ_WRITE));

  private Invokes() {}

  static InvokeTool of(Offer offer, int outputCharsMax) {
    var dispatch = offer.dispatch();
    var policy =
        new ToolPolicy(
            true,
            dispatch.networkMode() == null ? NetworkMode.NONE : dispatch.networkMode(),
            Math.clamp(offer.remainingMs(), Limits.TIMEOUT_MS_MIN, Limits.TIMEOUT_MS_MAX),
            outputCharsMax,
            MOUNTS,
            dispatch.networkMode() != null);
    return new InvokeTool(
        dispatch.requestId(),
        offer.epoch(),
        dispatch.organizationId(),
        dispatch.userId(),
        dispatch.kind(),
        dispatch.payload(),
        dispatch.secret(),
        policy,
        offer.workspace(),
        offer.workspaceAccess(),
        dispatch.requestId());
  }

  /** What an agent is told when its hello was understood. */
  static Welcome welcome(Route route, ExecutorEdgeSettings settings, List<Held> drop) {
    return new Welcome(
        route.connectionId(),
        (int) settings.heartbeatEvery().toMillis(),
        (int) settings.pingEvery().toMillis(),
        route.maxInFlight(),
        Limits.FRAME_BYTES_MAX,
        drop);
  }

  static LegacyFrame.Execute legacy(Dispatch dispatch) {
    return new LegacyFrame.Execute(
        dispatch.requestId(),
        dispatch.organizationId(),
        dispatch.userId(),
        dispatch.kind(),
        dispatch.payload(),
        dispatch.secret());
  }
}
