package ai.vespid.simulation;

import ai.vespid.protocol.EffectClass;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.Selector;
import ai.vespid.protocol.WorkspaceUse;
import ai.vespid.protocol.bus.Dispatch;
import ai.vespid.protocol.bus.DispatchRouter;
import ai.vespid.simulation.SimResults.Stored;
import java.util.Optional;

/**
 * Workers and the ingress in front of them: each order is one request id, submitted until it is
 * answered or its worker gives up, and then read.
 */
final class SimCaller {
  private static final long REPLY_GRACE_MS = 1_000;
  private static final long ACCEPT_MAX_MS = 10_000;
  private static final long READ_MAX_MS = 5_000;

  private final Cluster cluster;
  private final World world;
  private final Actor actor;
  private int unanswered;

  SimCaller(Cluster cluster) {
    this.cluster = cluster;
    this.world = cluster.world;
    this.actor = new Actor(world, "caller");
  }

  static String organization(int number) {
    return "1111111%d-1111-4111-8111-111111111111".formatted(number);
  }

  void start() {
    actor.start();
    for (int i = 0; i < cluster.plan.dispatches(); i++) {
      int number = i;
      long atMs = world.between(0, cluster.plan.time().faultsUntilMs());
      world.in(atMs, actor, "submit", () -> new Order(number, world.chance(0.6)).begin());
    }
  }

  int unanswered() {
    return unanswered;
  }

  /** As many at once as there is room for: every one must succeed. */
  void probe(int number, int organization) {
    var order = new Order(number, false);
    order.dispatch = order.dispatch(organization, WorkspaceUse.NONE, 20_000, 20_000);
    order.mustSucceed = true;
    order.begin();
  }

  private final class Order {
    private final boolean async;
    private final int number;
    private final int patience;
    private Dispatch dispatch;
    private boolean mustSucceed;
    private boolean twice;
    private int submissions;

    Order(int number, boolean async) {
      this.number = number;
      this.async = async;
      this.patience = world.chance(0.1) ? 1 : 12;
      this.twice = world.chance(0.2);
      int timeoutMs = (int) world.between(2_000, cluster.plan.time().timeoutMsMax());
      var files = world.chance(cluster.plan.withFiles()) ? WorkspaceUse.RUN : WorkspaceUse.NONE;
      int waitMs = async || world.chance(0.3) ? timeoutMs : (int) world.between(0, 2_000);
      this.dispatch = dispatch(world.pick(cluster.plan.organizations()), files, timeoutMs, waitMs);
    }

    private Dispatch dispatch(int organization, WorkspaceUse files, int timeoutMs, int waitMs) {
      // Two dispatches of one run now and then: they share its files.
      return new Dispatch(
          "3333333%d-3333-4333-8333-333333333333:n%d:1".formatted(number % 3, number),
          organization(organization),
          "44444444-4444-4444-8444-444444444444",
          Kind.AGENT_EXECUTE,
          RawJson.NULL,
          null,
          null,
          Selector.byon(),
          timeoutMs,
          waitMs,
          world.chance(0.5) ? EffectClass.AT_MOST_ONCE : EffectClass.RETRY_SAFE,
          null,
          files);
    }

    void begin() {
      unanswered++;
      cluster.history.submitted(dispatch, async);
      submit();
    }

    private void submit() {
      submissions++;
      world.say(
          actor,
          async ? "submits async" : "submits sync",
          dispatch.requestId(),
          dispatch.effect(),
          dispatch.timeoutMs());
      long maxMs = async ? ACCEPT_MAX_MS : dispatch.timeoutMs() + 2 * REPLY_GRACE_MS;
      var node = cluster.anyNode();
      cluster
          .network
          .ask(
              actor,
              node.process,
              "submit",
              maxMs,
              Network.Arrival.TWICE,
              () -> node.submit(dispatch, async))
          .onSuccess(this::answered)
          .onFailure(_ -> again());
    }

    private void answered(DispatchRouter.Reply reply) {
      var id = dispatch.requestId();
      switch (reply) {
        case DispatchRouter.Finished finished -> {
          world.say(actor, "is answered", id, History.text(finished.result()));
          cluster.history.saw(id, finished.result());
          if (mustSucceed) cluster.history.mustSucceed(id, finished.result());
          if (async && twice) again();
          else done();
        }
        case DispatchRouter.Accepted _ -> {
          world.say(actor, "is accepted", id);
          cluster.history.accepted(id);
          readLater();
        }
        case DispatchRouter.Refused refused -> {
          world.say(actor, "is refused", id, refused.code());
          if (refused.code() == ErrorCode.NO_AGENT_AVAILABLE) cluster.history.refused(id);
          again();
        }
      }
    }

    // A worker that hears nothing, or "not now", asks again under the same id, or has died.
    private void again() {
      twice = false;
      if (submissions < patience) {
        world.in(world.between(100, 4_000), actor, "submit again", this::submit);
        return;
      }
      cluster.history.gaveUp(dispatch.requestId());
      done();
    }

    private void readLater() {
      world.in(world.between(200, 4_000), actor, "read", this::read);
    }

    private void read() {
      var node = cluster.anyNode();
      cluster
          .network
          .ask(actor, node.process, "read", READ_MAX_MS, () -> node.result(dispatch.requestId()))
          .otherwise(Optional.empty())
          .onSuccess(this::found);
    }

    private void found(Optional<Stored> found) {
      if (found.isEmpty()) {
        readLater();
        return;
      }
      cluster.history.saw(dispatch.requestId(), found.get().result());
      if (twice) again();
      else done();
    }

    private void done() {
      unanswered--;
    }
  }
}
