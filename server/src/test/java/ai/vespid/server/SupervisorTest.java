package ai.vespid.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SupervisorTest {
  private final Vertx vertx = Vertx.vertx();
  private final LinkedBlockingQueue<Integer> started = new LinkedBlockingQueue<>();
  private final LinkedBlockingQueue<String> givenUp = new LinkedBlockingQueue<>();
  private int count;

  private final class Fragile extends VerticleBase {
    private final int number = ++count;

    @Override
    public Future<?> start() {
      vertx.eventBus().consumer("break", _ -> failOnContext());
      vertx.eventBus().<String>consumer("number", message -> message.reply(number));
      started.add(number);
      return Future.succeededFuture();
    }

    private void failOnContext() {
      context.runOnContext(_ -> {
        throw new IllegalStateException("on purpose");
      });
    }
  }

  private Supervisor supervisor() {
    return new Supervisor(
        vertx,
        "fragile",
        Fragile::new,
        new DeploymentOptions(),
        Duration.ofSeconds(5),
        givenUp::add);
  }

  @AfterEach
  void close() {
    vertx.close().await();
  }

  private Integer nextStart() throws InterruptedException {
    return started.poll(10, TimeUnit.SECONDS);
  }

  @Test
  void aCrashedInstanceIsReplacedByAFreshOne() throws InterruptedException {
    var supervisor = supervisor();
    supervisor.start().await();
    assertThat(nextStart()).isEqualTo(1);

    vertx.eventBus().publish("break", "");

    assertThat(nextStart()).isEqualTo(2);
    assertThat(vertx.eventBus().<Integer>request("number", "").await().body()).isEqualTo(2);
    assertThat(givenUp).isEmpty();
  }

  @Test
  void oneThatCrashesAgainAndAgainIsGivenUp() throws InterruptedException {
    supervisor().start().await();
    for (int crash = 0; crash < Supervisor.CRASHES_MAX; crash++) {
      assertThat(nextStart()).isNotNull();
      vertx.eventBus().publish("break", "");
    }
    assertThat(nextStart()).isNotNull();
    vertx.eventBus().publish("break", "");

    assertThat(givenUp.poll(10, TimeUnit.SECONDS)).isEqualTo("fragile");
  }

  @Test
  void aStoppedOneIsNotStartedAgain() throws InterruptedException {
    var supervisor = supervisor();
    supervisor.start().await();
    assertThat(nextStart()).isEqualTo(1);

    supervisor.stop().await();
    supervisor.start().await();

    assertThat(vertx.deploymentIDs()).isEmpty();
    assertThat(started).isEmpty();
  }

  // As they were seen: thrown by a write at once, and by one that waited in the socket's queue.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "io.vertx.core.eventbus.impl.clustered.OutboundConnection",
        "io.vertx.core.net.impl.DelegatingChannelPromise"
      })
  void aFailureInsideTheClusteredBusIsNoCrashOfTheVerticle(String thrower) {
    var ofTheBus = new IllegalStateException("Promise already completed");
    ofTheBus.setStackTrace(
        new StackTraceElement[] {
          new StackTraceElement("io.vertx.core.Promise", "fail", "Promise.java", 104),
          new StackTraceElement(thrower, "write", "Thrower.java", 86)
        });

    assertThat(Supervisor.isOfTheBus(ofTheBus)).isTrue();
    assertThat(Supervisor.isOfTheBus(new IllegalStateException("ours"))).isFalse();
  }
}
