package ai.vespid.kit.bus;

import ai.vespid.protocol.bus.ClientEdge;
import ai.vespid.protocol.bus.Continuations;
import ai.vespid.protocol.bus.Dispatch;
import ai.vespid.protocol.bus.DispatchRouter;
import ai.vespid.protocol.bus.Done;
import ai.vespid.protocol.bus.EngineRunner;
import ai.vespid.protocol.bus.ExecutorEdge;
import ai.vespid.protocol.bus.Nodes;
import ai.vespid.protocol.bus.Parcel;
import ai.vespid.protocol.bus.ResultStore;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.bus.SessionMemory;
import ai.vespid.protocol.bus.SessionRegistry;
import ai.vespid.protocol.bus.SessionTurns;
import ai.vespid.protocol.bus.WorkflowRunner;
import java.util.List;

/** Every message family of the bus: what a node must know before it takes part. */
public final class Protocols {
  public static final List<Class<?>> ALL =
      List.of(
          Done.class,
          Parcel.class,
          Dispatch.class,
          Route.class,
          DispatchRouter.class,
          ExecutorEdge.class,
          SessionRegistry.class,
          Nodes.class,
          Continuations.class,
          ResultStore.class,
          WorkflowRunner.class,
          SessionTurns.class,
          ClientEdge.class,
          EngineRunner.class,
          SessionMemory.class);

  private Protocols() {}
}
