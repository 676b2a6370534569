package ai.vespid.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.bench.TestGateway.Fault;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.Pool;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FleetTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final Generator generator = new Generator();

  @AfterEach
  void close() {
    generator.close();
  }

  private Fleet fleet(int agents, Manner manner) {
    var credentials =
        Stream.generate(() -> credential(UUID.randomUUID().toString())).limit(agents).toList();
    return new Fleet(generator, credentials, manner);
  }

  private static Credential credential(String id) {
    return new Credential(id, "secret", id, id, Pool.BYON);
  }

  private void await(BooleanSupplier condition) {
    long limit = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (!generator.await(5, () -> Future.succeededFuture(condition.getAsBoolean()))) {
      assertThat(System.nanoTime()).as("in time").isLessThan(limit);
      LockSupport.parkNanos(10_000_000);
    }
  }

  @Test
  void anAgentThatIsToldToComeBackDoesSo() {
    try (var gateway = new TestGateway(Fault.NONE)) {
      gateway.turnAway(2);
      var fleet = fleet(3, Manner.USUAL);

      long begun = System.nanoTime();
      generator.await(10, () -> fleet.connect(Door.path(gateway.url())));

      assertThat(fleet.here()).isEqualTo(3);
      assertThat(fleet.deferrals()).isEqualTo(2);
      assertThat(Duration.ofNanos(System.nanoTime() - begun))
          .isBetween(SECOND, SECOND.multipliedBy(6));
      generator.await(5, () -> closed(fleet));
    }
  }

  private static Future<Void> closed(Fleet fleet) {
    fleet.close();
    return Future.succeededFuture();
  }

  @Test
  void agentsThatComeBackPassOverAGatewayThatIsGone() throws Exception {
    int nobody;
    try (var closed = new ServerSocket(0)) {
      nobody = closed.getLocalPort();
    }
    try (var gateway = new TestGateway(Fault.NONE)) {
      var urls = List.of("ws://127.0.0.1:" + nobody + "/", Door.path(gateway.url()));
      var fleet = fleet(4, Manner.USUAL);
      generator.await(10, () -> fleet.connect(_ -> new Door(urls, 0, true)));

      gateway.dropAll();

      await(() -> fleet.losses() == 4 && fleet.here() == 4);
      assertThat(fleet.outages().get("awayP100Ms")).isBetween(50.0, 5_000.0);
      generator.await(5, () -> closed(fleet));
    }
  }

  @Test
  void whoIsNotToldToComeBackIsRefused() {
    var vertx = Vertx.vertx();
    var port =
        vertx
            .createHttpServer()
            .requestHandler(request -> request.response().setStatusCode(403).end())
            .listen(0, "127.0.0.1")
            .await()
            .actualPort();
    var fleet = fleet(1, Manner.USUAL);

    assertThatThrownBy(() -> generator.await(5, () -> fleet.connect("ws://127.0.0.1:" + port)))
        .hasMessageContaining("refused");
    vertx.close().await();
  }

  @Test
  void aFloodEndsByItselfAndADripBesideItKeepsItsPaceAndItsTenantsApart() {
    try (var gateway = new TestGateway(Fault.NONE)) {
      var fleet = fleet(3, new Manner(false, 10, 5));
      generator.await(10, () -> fleet.connect(Door.path(gateway.url())));
      var pace = new Pace(Duration.ofMillis(1), SECOND, SECOND.multipliedBy(5));
      var many = AsyncLoop.Size.flood(4, 4, 300);
      var flood = new AsyncLoop(generator, fleet, work(gateway, 1), many, pace);
      var few = work(gateway, 3);
      var drip = new AsyncLoop(generator, fleet, few, AsyncLoop.Size.drip(4, 60), pace);

      var flooding = generator.onLoop(flood::run);
      var beside = fleet.measure(generator, pace, drip::run);
      var flooded = fleet.measure(generator, pace, () -> flooding);

      assertThat(flood.backlog()).isZero();
      assertThat(flooded.reasons()).isEmpty();
      assertThat(beside.reasons()).isEmpty();
      assertThat(beside.rate()).isBetween(40.0, 75.0);
      assertThat(few.fairness()).isBetween(0.5, 1.0);
      assertThat(gateway.results.get()).isGreaterThan(340);
      generator.await(5, () -> closed(fleet));
    }
  }

  private AsyncWork work(TestGateway gateway, int tenants) {
    var targets =
        Stream.generate(() -> credential(UUID.randomUUID().toString()))
            .limit(tenants)
            .map(c -> target(gateway, c))
            .toList();
    return new AsyncWork(targets, generator.ids, new Payload(200), 10_000);
  }

  private static DispatchWork.Target target(TestGateway gateway, Credential who) {
    return new DispatchWork.Target(
        Endpoint.of(gateway.url()),
        "t",
        Kind.CONNECTOR_ACTION,
        Pool.MANAGED,
        who.organizationId(),
        who.userId());
  }
}
