package ai.vespid.agent.operation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MetersTest {
  private static final AgentStatus NOW =
      new AgentStatus(
          "degraded",
          Instant.EPOCH,
          1,
          "1",
          "e",
          "n",
          "ws://g",
          true,
          null,
          false,
          60,
          2,
          10,
          3,
          4,
          Map.of("docker", "it is gone"),
          List.of(),
          Map.of("claude", "verified"),
          new Machine(2, 12.5, 0.75, 1_000, 400, 9_000, 8_000, 70, 33));

  @Test
  void countsTasksByOutcomeAndHowLongTheyTook() {
    var meters = new Meters();
    meters.task(null, 70_000_000);
    meters.task("HOST_EXIT_CODE:3", 2_000_000_000L);
    meters.task("HOST_EXIT_CODE:4", 4_000_000_000_000L);

    assertThat(meters.prometheus(NOW, 1_000).lines())
        .contains(
            "vespid_agent_tasks_total{outcome=\"succeeded\"} 1",
            "vespid_agent_tasks_total{outcome=\"HOST_EXIT_CODE\"} 2",
            "vespid_agent_task_seconds_bucket{le=\"0.05\"} 0",
            "vespid_agent_task_seconds_bucket{le=\"0.1\"} 1",
            "vespid_agent_task_seconds_bucket{le=\"5.0\"} 2",
            "vespid_agent_task_seconds_bucket{le=\"+Inf\"} 3",
            "vespid_agent_task_seconds_count 3",
            "vespid_agent_sandbox_works{backend=\"docker\"} 0",
            "vespid_agent_unacknowledged 3",
            "vespid_agent_machine_cpu_percent 12.5",
            "vespid_agent_machine_disk_free_bytes 8000",
            "vespid_agent_resident_bytes 1000");
  }

  @Test
  void everySeriesIsExplainedOnce() {
    var text = new Meters().prometheus(NOW, 1);

    var series =
        text.lines()
            .filter(line -> !line.startsWith("#"))
            .map(line -> line.replaceFirst("[{ ].*", "").replaceFirst("_(bucket|sum|count)$", ""))
            .distinct()
            .toList();
    for (var name : series) {
      assertThat(text.lines().filter(line -> line.startsWith("# TYPE " + name + " "))).hasSize(1);
    }
  }
}
