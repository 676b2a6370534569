package ai.vespid.sql;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.RawJson;
import ai.vespid.sql.RunStartRepository.Outcome;
import ai.vespid.sql.RunStartRepository.Slot;
import ai.vespid.sql.RunStartRepository.Start;
import ai.vespid.sql.WorkflowRepository.NewTrigger;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Who may start a run, and that each reason starts one at most, on a real PostgreSQL. */
final class RunStartRepositoryTest {
  private static final Instant SLOT = Instant.now().truncatedTo(ChronoUnit.SECONDS);

  private static WorkflowRows rows;
  private static TriggerRepository triggers;

  @BeforeAll
  static void open() {
    rows = new WorkflowRows();
    triggers = new TriggerRepository(rows.database);
  }

  @AfterAll
  static void close() {
    rows.close();
  }

  private static Start start(String organization, String workflow, String key) {
    return new Start(
        organization, workflow, "webhook", key, "webhook.token", rows.user, RawJson.of("{}"));
  }

  private static RunStartRepository limited(int perMonth, int inFlight) {
    return new RunStartRepository(rows.database, new RunQuota(perMonth, inFlight));
  }

  private static TriggerRepository.Subscription heartbeat(String organization) {
    var draft = rows.workflows.create(organization, "w", WorkflowRows.DSL, rows.user).await();
    var trigger = new NewTrigger("heartbeat", null, 5, 0, 0, null);
    rows.workflows.publish(organization, draft.id(), rows.user, trigger).await();
    return triggers.list(organization, draft.id(), 10).await().getFirst();
  }

  @Test
  void startsNoDraftAndNothingForeign() {
    var stranger = rows.organization();
    var draft = rows.workflows.create(stranger, "w", WorkflowRows.DSL, rows.user).await();

    assertThat(rows.starts.start(start(stranger, draft.id(), null)).await())
        .isEqualTo(new Outcome.NotPublished());
    assertThat(rows.starts.start(start(stranger, rows.workflow, null)).await())
        .isEqualTo(new Outcome.Unknown());
  }

  @Test
  void theSameKeyStartsOneRunHoweverManyAsk() {
    var outcomes =
        Future.all(
                IntStream.range(0, 8)
                    .mapToObj(
                        _ -> rows.starts.start(start(rows.organization, rows.workflow, "key-1")))
                    .toList())
            .await()
            .<Outcome>list();

    assertThat(outcomes).filteredOn(Outcome.Started.class::isInstance).hasSize(1);
    assertThat(outcomes).filteredOn(Outcome.Duplicate.class::isInstance).hasSize(7);
  }

  @Test
  void countsRunsInFlightExactlyWhenManyStartAtOnce() {
    var organization = rows.organization();
    var workflow = rows.published(organization);
    var three = limited(100, 3);

    var outcomes =
        Future.all(
                IntStream.range(0, 8)
                    .mapToObj(_ -> three.start(start(organization, workflow, null)))
                    .toList())
            .await()
            .<Outcome>list();

    assertThat(outcomes).filteredOn(Outcome.Started.class::isInstance).hasSize(3);
    assertThat(outcomes).filteredOn(new Outcome.OverInFlight(3)::equals).hasSize(5);
  }

  @Test
  void countsRunsOfTheMonthAndWhatWasRefusedDoesNotCount() {
    var organization = rows.organization();
    var workflow = rows.published(organization);

    limited(2, 1).start(start(organization, workflow, null)).await();
    var inFlight = limited(2, 1).start(start(organization, workflow, null)).await();
    var second = limited(2, 5).start(start(organization, workflow, null)).await();
    var third = limited(2, 5).start(start(organization, workflow, null)).await();

    assertThat(inFlight).isEqualTo(new Outcome.OverInFlight(1));
    assertThat(second).isInstanceOf(Outcome.Started.class);
    assertThat(third).isEqualTo(new Outcome.OverQuota(2));
  }

  @Test
  void readsTheQuotaFromTheSettings() {
    var pro = new JsonObject("{\"execution\":{\"quotas\":{\"tier\":\"pro\",\"runsInFlight\":7}}}");

    assertThat(RunQuota.of(pro, RunQuota.FREE)).isEqualTo(new RunQuota(5_000, 7));
    assertThat(RunQuota.of(new JsonObject(), RunQuota.FREE)).isEqualTo(RunQuota.FREE);
    assertThat(RunQuota.of(new JsonObject("{\"execution\":1}"), RunQuota.FREE))
        .isEqualTo(RunQuota.FREE);
  }

  @Test
  void aSlotFiresOnceAcrossSchedulers() {
    var organization = rows.organization();
    var subscription = heartbeat(organization);
    triggers.schedule(subscription.id(), null, SLOT, null).await();
    var slot = new Slot(subscription.id(), SLOT, SLOT.plusSeconds(5));
    var start = start(organization, subscription.workflowId(), "heartbeat:" + SLOT);

    var outcomes =
        Future.all(IntStream.range(0, 6).mapToObj(_ -> rows.starts.fire(slot, start)).toList())
            .await()
            .<Outcome>list();

    assertThat(outcomes).filteredOn(Outcome.Started.class::isInstance).hasSize(1);
    assertThat(outcomes).filteredOn(new Outcome.SlotTaken()::equals).hasSize(5);
    var due = triggers.due(SLOT.plusSeconds(5), 100).await();
    assertThat(due)
        .filteredOn(d -> d.subscription().id().equals(subscription.id()))
        .singleElement()
        .satisfies(d -> {
          assertThat(d.lastRunOpen()).isTrue();
          assertThat(d.subscription().nextFireAt()).isEqualTo(SLOT.plusSeconds(5));
        });
  }

  @Test
  void aRefusedSlotIsNotMovedOn() {
    var organization = rows.organization();
    var subscription = heartbeat(organization);
    triggers.schedule(subscription.id(), null, SLOT, null).await();

    var refused =
        limited(0, 5)
            .fire(
                new Slot(subscription.id(), SLOT, SLOT.plusSeconds(5)),
                start(organization, subscription.workflowId(), "k"))
            .await();

    assertThat(refused).isEqualTo(new Outcome.OverQuota(0));
    assertThat(triggers.list(organization, null, 10).await().getFirst().nextFireAt())
        .isEqualTo(SLOT);
  }

  @Test
  void aTriggerIsSwitchedOffAfterFailuresInARow() {
    var organization = rows.organization();
    var id = heartbeat(organization).id();
    triggers.schedule(id, null, SLOT, null).await();

    triggers.failed(id, SLOT, SLOT.plusSeconds(5), "x", 2).await();
    var off = triggers.failed(id, SLOT.plusSeconds(5), SLOT.plusSeconds(9), "y", 2).await();

    assertThat(off.orElseThrow().enabled()).isFalse();
    assertThat(off.orElseThrow().lastError()).isEqualTo("y");
    var on = triggers.enable(organization, id, true, null).await().orElseThrow();
    assertThat(on.nextFireAt()).isNull();
    assertThat(on.failureCount()).isZero();
    assertThat(triggers.enable(rows.organization(), id, false, null).await()).isEmpty();
  }

  @Test
  void publishingReplacesTheTriggersOfTheFamily() {
    var organization = rows.organization();
    var first = heartbeat(organization);
    var draft =
        (WorkflowRepository.Outcome.Changed)
            rows.workflows.draft(organization, first.workflowId(), rows.user).await();
    var hook = new NewTrigger("webhook", null, null, null, null, "hash-1");

    rows.workflows.publish(organization, draft.workflow().id(), rows.user, hook).await();

    assertThat(triggers.list(organization, null, 10).await())
        .singleElement()
        .satisfies(s -> assertThat(s.triggerType()).isEqualTo("webhook"));
    assertThat(triggers.byWebhook("hash-1").await()).isPresent();
    var other = rows.organization();
    var thief = rows.workflows.create(other, "w", WorkflowRows.DSL, rows.user).await();
    assertThat(rows.workflows.publish(other, thief.id(), rows.user, hook).await())
        .isInstanceOf(WorkflowRepository.Outcome.Conflict.class);
    assertThat(rows.workflows.find(other, thief.id()).await().orElseThrow().status())
        .isEqualTo("draft");
  }

  @Test
  void aFamilyHasOneDraft() {
    var organization = rows.organization();
    var id = rows.published(organization);

    var outcomes =
        List.of(
            rows.workflows.draft(organization, id, rows.user).await(),
            rows.workflows.draft(organization, id, rows.user).await());

    assertThat(outcomes.get(0)).isInstanceOf(WorkflowRepository.Outcome.Changed.class);
    assertThat(outcomes.get(1)).isInstanceOf(WorkflowRepository.Outcome.Conflict.class);
    assertThat(rows.workflows.revisions(organization, id, 10).await())
        .extracting(Workflow::revision)
        .containsExactly(2, 1);
  }
}
