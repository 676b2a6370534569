package ai.vespid.worker.schedule;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.RawJson;
import ai.vespid.sql.RunStartRepository;
import ai.vespid.sql.RunStartRepository.Outcome;
import ai.vespid.sql.TriggerRepository;
import ai.vespid.sql.TriggerRepository.Due;
import ai.vespid.sql.TriggerRepository.Subscription;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Moves triggers from slot to slot and starts their runs. */
final class Clockwork {
  private static final Logger LOG = LoggerFactory.getLogger(Clockwork.class);
  private static final Duration AFTER_A_FAILURE = Duration.ofMinutes(5);
  private static final String LAST_RUN_OPEN = "SKIPPED_LAST_RUN_OPEN";

  private final TriggerRepository triggers;
  private final RunStartRepository starts;
  private final Slots slots;
  private final SchedulerSettings settings;
  private final Consumer<Outcome.Started> started;
  private final Consumer<Subscription> disabled;

  /**
   * @param started told of every run that was started
   * @param disabled told of every trigger that was switched off; its alert is written by then
   */
  Clockwork(
      TriggerRepository triggers,
      RunStartRepository starts,
      Slots slots,
      SchedulerSettings settings,
      Consumer<Outcome.Started> started,
      Consumer<Subscription> disabled) {
    this.triggers = triggers;
    this.starts = starts;
    this.slots = slots;
    this.settings = settings;
    this.started = started;
    this.disabled = disabled;
  }

  private record Fired(String type, String subscriptionId, Instant scheduledAt) {}

  /** Looks at what is due; one trigger that cannot be moved holds up no other. */
  Future<Void> look(Instant now) {
    return triggers
        .due(now, settings.batchMax())
        .compose(all -> {
          List<Future<Void>> moved = all.stream().map(due -> move(due, now)).toList();
          return Future.join(moved).mapEmpty();
        });
  }

  private Future<Void> move(Due due, Instant now) {
    var trigger = due.subscription();
    var next = slots.next(trigger, now);
    if (next.isEmpty()) return failed(trigger, ErrorCode.INVALID_CRON_EXPRESSION.name(), now);
    var slot = trigger.nextFireAt();
    // What is seen for the first time is only given its first slot.
    if (slot == null) return triggers.schedule(trigger.id(), null, next.get(), null).mapEmpty();
    if (due.lastRunOpen()) {
      return triggers.schedule(trigger.id(), slot, next.get(), LAST_RUN_OPEN).mapEmpty();
    }
    var fire = new RunStartRepository.Slot(trigger.id(), slot, next.get());
    return starts
        .fire(fire, start(trigger, slot))
        .compose(outcome -> settle(trigger, next.get(), outcome, now));
  }

  private static RunStartRepository.Start start(Subscription trigger, Instant slot) {
    var type = trigger.triggerType();
    return new RunStartRepository.Start(
        trigger.organizationId(),
        trigger.workflowId(),
        type,
        type + ':' + trigger.id() + ':' + slot,
        "scheduler." + type,
        trigger.requestedByUserId(),
        RawJson.from(Map.of("__trigger", new Fired(type, trigger.id(), slot))));
  }

  private Future<Void> settle(Subscription trigger, Instant next, Outcome outcome, Instant now) {
    return switch (outcome) {
      case Outcome.Started run -> {
        started.accept(run);
        yield Future.succeededFuture();
      }
      case Outcome.SlotTaken() -> Future.succeededFuture();
      case Outcome.Duplicate(String _) ->
          triggers.schedule(trigger.id(), trigger.nextFireAt(), next, null).mapEmpty();
      case Outcome.Unknown() -> failed(trigger, ErrorCode.NOT_FOUND.name(), now);
      case Outcome.NotPublished() -> failed(trigger, ErrorCode.WORKFLOW_NOT_PUBLISHED.name(), now);
      case Outcome.OverQuota(int _) ->
          failed(trigger, ErrorCode.ORG_RUN_QUOTA_EXCEEDED.name(), now);
      case Outcome.OverInFlight(int _) ->
          failed(trigger, ErrorCode.ORG_RUN_INFLIGHT_LIMIT_EXCEEDED.name(), now);
    };
  }

  private Future<Void> failed(Subscription trigger, String error, Instant now) {
    var next = now.plus(AFTER_A_FAILURE);
    return triggers
        .failed(
            trigger.id(),
            trigger.nextFireAt(),
            Instant.ofEpochMilli(next.toEpochMilli()),
            error,
            settings.failuresMax())
        .map(after -> {
          after.filter(one -> !one.enabled()).ifPresent(this::switchedOff);
          return null;
        });
  }

  private void switchedOff(Subscription trigger) {
    LOG.atError()
        .addKeyValue("trigger", trigger.id())
        .addKeyValue("workflow", trigger.workflowId())
        .addKeyValue("cause", trigger.lastError())
        .log("a trigger failed again and again and is switched off");
    disabled.accept(trigger);
  }
}
