package ai.vespid.agent;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.agent.command.Site;
import ai.vespid.protocol.executor.ExecutorFrame.Hello;
import ai.vespid.protocol.executor.ExecutorFrame.Telemetry;
import ai.vespid.protocol.executor.ExecutorFrame.ToolResult;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a gateway hears of how an agent is. */
class TelemetryTest {
  @TempDir Path directory;

  private final TestGateway gateway = new TestGateway();
  private final Vertx vertx = Vertx.vertx();
  private Agent agent;

  @AfterEach
  void stop() {
    agent.stop(Duration.ZERO);
    vertx.close().await();
    gateway.close();
  }

  private void start(TestAgent draft) throws IOException {
    agent = draft.make(vertx, gateway);
    agent.start();
  }

  @Test
  void aGatewayThatWantsItHearsMeasuredValuesAgainAndAgain() throws Exception {
    gateway.wantTelemetry(1_000);
    var site = new Site(directory);
    site.run("session.create", "{'session_id':'s','workspace_path':'w'}");
    var draft = new TestAgent(directory).commands(site.node);
    start(draft);

    var first = gateway.next(Telemetry.class).reading();
    var second = gateway.next(Telemetry.class).reading();

    assertThat(second.takenAtMs()).isGreaterThan(first.takenAtMs());
    assertThat(first.about().bootId()).isEqualTo(draft.bootId);
    assertThat(first.about().version()).isEqualTo(AgentVersion.CURRENT);
    assertThat(first.about().os()).isEqualTo("linux");
    assertThat(first.machine().memoryTotalBytes())
        .isGreaterThan(first.machine().memoryAvailableBytes());
    assertThat(first.machine().diskFreeBytes()).isPositive();
    assertThat(second.machine().cpuPercent()).isBetween(0.0, 100.0);
    assertThat(first.work().sessions()).isOne();
    assertThat(first.sandboxes()).containsEntry("host", "works");
    assertThat(first.executes()).isTrue();
  }

  @Test
  void oneThatDoesNotAskHearsNothing() throws Exception {
    start(new TestAgent(directory));
    gateway.next(Hello.class);

    assertThat(gateway.poll(Telemetry.class, 1_500)).isNull();
  }

  @Test
  void itGoesOnWhileNothingIsExecuted() throws Exception {
    gateway.wantTelemetry(1_000);
    start(new TestAgent(directory).idle());
    gateway.next(Telemetry.class);

    gateway.send(TestGateway.shell("request-01", 1, "true"));
    var refused = gateway.next(ToolResult.class);
    gateway.acknowledge(refused);

    assertThat(refused.error()).isEqualTo("EXECUTION_DISABLED");
    assertThat(gateway.next(Telemetry.class).reading().executes()).isFalse();
  }
}
