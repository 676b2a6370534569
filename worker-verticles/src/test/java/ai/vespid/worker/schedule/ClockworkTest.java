package ai.vespid.worker.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.RawJson;
import ai.vespid.sql.AlertRepository;
import ai.vespid.sql.AlertRepository.Alert;
import ai.vespid.sql.Page;
import ai.vespid.sql.RunQuota;
import ai.vespid.sql.RunStartRepository;
import ai.vespid.sql.TriggerRepository;
import ai.vespid.sql.TriggerRepository.Subscription;
import ai.vespid.worker.TestWorld;
import io.vertx.core.Future;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(240)
final class ClockworkTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final RawJson DSL =
      RawJson.of(
          "{\"version\":\"v2\",\"trigger\":{\"type\":\"trigger.manual\"},"
              + "\"nodes\":[{\"id\":\"n\",\"type\":\"parallel.join\"}]}");

  private final List<Subscription> disabled = new CopyOnWriteArrayList<>();
  private final TestWorld world = new TestWorld();
  private final Clockwork one = clockwork();
  private final Clockwork other = clockwork();

  private Clockwork clockwork() {
    return new Clockwork(
        new TriggerRepository(world.db),
        new RunStartRepository(world.db, RunQuota.ENTERPRISE),
        new Slots(_ -> 0),
        new SchedulerSettings(null, null, 3, null),
        _ -> {},
        disabled::add);
  }

  @AfterEach
  void stop() {
    world.close();
  }

  private UUID subscription(String type, String cron, Integer interval) {
    var workflow = TestWorld.id(world.workflow(DSL));
    var id = UUID.randomUUID();
    world.sql(
        """
        INSERT INTO workflow_trigger_subscriptions (id, organization_id, workflow_id, family_id,
            workflow_revision, trigger_type, cron_expr, heartbeat_interval_sec,
            heartbeat_jitter_sec, heartbeat_max_skew_sec)
        VALUES ($1, $2, $3, $3, 1, $4, $5, $6, 0, 1)
        """,
        id,
        TestWorld.id(world.organization),
        workflow,
        type,
        cron,
        interval);
    return id;
  }

  private void look(Instant now) {
    look(now, now);
  }

  private void look(Instant ofOne, Instant ofOther) {
    Future.join(one.look(ofOne), other.look(ofOther)).await();
  }

  private int runs() {
    return world.sql("SELECT count(*)::int FROM workflow_runs").iterator().next().getInteger(0);
  }

  private void finishRuns() {
    world.sql(
        "UPDATE workflow_runs SET status = 'succeeded', due_at = NULL WHERE status = 'queued'");
  }

  // Ten minutes of a slot each second; the schedulers look at once, and their clocks differ.
  @Test
  void aSlotFiresOnceHoweverManySchedulersThereAre() {
    var id = subscription("heartbeat", null, 1);
    look(NOW);
    assertThat(runs()).isZero();
    var random = new Random(1);

    for (int second = 1; second <= 600; second++) {
      var now = NOW.plusSeconds(second);
      var behind = now.plusMillis(random.nextInt(400));
      if (random.nextBoolean()) look(now, behind);
      else look(behind, now);
      finishRuns();
    }

    assertThat(runs()).isEqualTo(600);
    assertThat(slots())
        .containsExactlyElementsOf(
            IntStream.rangeClosed(1, 600)
                .mapToObj(second -> "heartbeat:" + id + ":" + NOW.plusSeconds(second))
                .toList());
  }

  private List<String> slots() {
    var rows = world.sql("SELECT trigger_key FROM workflow_runs ORDER BY trigger_key");
    return StreamSupport.stream(rows.spliterator(), false).map(row -> row.getString(0)).toList();
  }

  @Test
  void aSlotIsLeftOutWhileTheLastRunGoesOnAndWhatPassedFiresOnce() {
    var id = subscription("cron", "* * * * *", null);
    look(NOW);
    look(NOW.plusSeconds(60));
    look(NOW.plusSeconds(120));
    assertThat(runs()).isEqualTo(1);
    assertThat(column(id, "last_error")).isEqualTo("SKIPPED_LAST_RUN_OPEN");

    finishRuns();
    look(NOW.plusSeconds(3_600));
    look(NOW.plusSeconds(3_601));

    assertThat(runs()).isEqualTo(2);
    var run =
        world
            .sql("SELECT input::text, trigger_source FROM workflow_runs ORDER BY created_at DESC")
            .iterator()
            .next();
    assertThat(run.getString(0)).contains("__trigger", id.toString(), "2026-01-01T00:03:00Z");
    assertThat(run.getString(1)).isEqualTo("scheduler.cron");
  }

  @Test
  void whatFailsAgainAndAgainIsSwitchedOff() {
    var id = subscription("cron", "61 * * * *", null);

    for (int minutes = 0; minutes <= 30; minutes += 6) look(NOW.plusSeconds(minutes * 60L));

    assertThat(column(id, "enabled")).isEqualTo(false);
    assertThat(column(id, "failure_count")).isEqualTo(3);
    assertThat(column(id, "last_error")).isEqualTo("INVALID_CRON_EXPRESSION");
    assertThat(runs()).isZero();
    assertThat(disabled)
        .singleElement()
        .returns(id.toString(), Subscription::id)
        .returns("INVALID_CRON_EXPRESSION", Subscription::lastError);
    var alerts =
        new AlertRepository(world.db).list(world.organization, true, Page.first(10)).await();
    assertThat(alerts)
        .singleElement()
        .returns("trigger_disabled", Alert::kind)
        .returns("INVALID_CRON_EXPRESSION", Alert::message)
        .returns(id.toString(), Alert::subscriptionId);

    var triggers = new TriggerRepository(world.db);
    triggers.enable(world.organization, id.toString(), true, null).await();

    assertThat(new AlertRepository(world.db).list(world.organization, true, Page.first(10)).await())
        .isEmpty();
  }

  private Object column(UUID id, String name) {
    return world
        .sql("SELECT " + name + " FROM workflow_trigger_subscriptions WHERE id = $1", id)
        .iterator()
        .next()
        .getValue(0);
  }
}
