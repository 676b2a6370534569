package ai.vespid.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.gateway.edge.InFlight.Assignment;
import ai.vespid.kit.bus.Fault;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.bus.DispatchRouter.Reconcile.Reconciled;
import ai.vespid.protocol.bus.DispatchRouter.Report;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.executor.ExecutorFrame.Held;
import ai.vespid.sql.ExecutorIdentity;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/** One socket whose home answers when the test says so. */
class ResultReportsTest {
  private static final DispatchResult OK = DispatchResult.succeeded(RawJson.NULL);
  private static final Assignment HELD = new Assignment("r", 1, "org");

  private final List<Promise<Report.Reply>> asked = new ArrayList<>();
  private final List<Boolean> acknowledged = new ArrayList<>();
  private final InFlight inFlight = new InFlight();
  private final ResultReports reports =
      new ResultReports(
          null, new Home(), inFlight, (_, _, accepted) -> acknowledged.add(accepted), () -> false);

  @Test
  void whatIsRepeatedWhileItsHomeIsAskedIsNotAskedOnceMore() {
    inFlight.add(HELD);

    for (int i = 0; i < 5; i++) reports.received("r", 1, OK);
    assertThat(asked).hasSize(1);
    asked.getFirst().complete(new Report.Settled());

    assertThat(acknowledged).containsExactly(true);
    assertThat(inFlight.size()).isZero();
  }

  @Test
  void whatWasNotAnsweredIsAskedAgainWhenItIsRepeated() {
    inFlight.add(HELD);
    reports.received("r", 1, OK);
    asked.getFirst().fail(new Fault(Fault.Code.TIMEOUT, "no answer in time"));

    reports.received("r", 1, OK);

    assertThat(asked).hasSize(2);
    assertThat(acknowledged).isEmpty();
  }

  private final class Home implements Neighbours {
    @Override
    public Future<Report.Reply> report(
        ExecutorIdentity identity, Assignment assignment, DispatchResult result) {
      asked.add(Promise.promise());
      return asked.getLast().future();
    }

    @Override
    public long nowMs() {
      throw unexpected();
    }

    @Override
    public Future<Reconciled> reconcile(
        Route route, List<Held> inFlight, List<Held> finished, BooleanSupplier wanted) {
      throw unexpected();
    }

    @Override
    public void doubt(ExecutorIdentity identity, List<Assignment> assignments) {
      throw unexpected();
    }

    @Override
    public void connected(Route route) {
      throw unexpected();
    }

    @Override
    public void disconnected(Route route) {
      throw unexpected();
    }

    @Override
    public AgentFacts facts() {
      throw unexpected();
    }

    @Override
    public Conduct conduct() {
      throw unexpected();
    }

    @Override
    public void shortly(Runnable action) {
      throw unexpected();
    }

    @Override
    public void later(Runnable again) {
      throw unexpected();
    }

    @Override
    public void progressed(Assignment assignment, RawJson event) {
      throw unexpected();
    }

    private static AssertionError unexpected() {
      return new AssertionError("results are reported, and nothing else");
    }
  }
}
