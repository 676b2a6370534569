package ai.vespid.worker.schedule;

import ai.vespid.sql.TriggerRepository.Subscription;
import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.function.IntUnaryOperator;

/**
 * When a trigger fires next. Cron has five fields in UTC; when both days are restricted, either
 * fires. What passed while nobody looked fires once, not once for each slot.
 */
final class Slots {
  private static final CronParser CRON =
      new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.UNIX));

  private final IntUnaryOperator jitter;

  /**
   * @param jitter gives a number from 0 to below its argument
   */
  Slots(IntUnaryOperator jitter) {
    this.jitter = jitter;
  }

  /**
   * The slot after the one that is due, or the first.
   *
   * @return empty when there is none, because the expression means nothing
   */
  Optional<Instant> next(Subscription trigger, Instant now) {
    return switch (trigger.triggerType()) {
      case "cron" -> cron(trigger.cron(), now);
      case "heartbeat" -> Optional.of(heartbeat(trigger, now));
      default -> Optional.empty();
    };
  }

  private static Optional<Instant> cron(String expression, Instant now) {
    try {
      return ExecutionTime.forCron(CRON.parse(expression))
          .nextExecution(now.atZone(ZoneOffset.UTC))
          .map(next -> next.toInstant());
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private Instant heartbeat(Subscription trigger, Instant now) {
    var slot = trigger.nextFireAt();
    int skew = trigger.maxSkewSec() == null ? 0 : trigger.maxSkewSec();
    // On time it keeps its beat; too late it begins anew.
    var base = slot == null || now.isAfter(slot.plusSeconds(skew)) ? now : slot;
    int jitterMs = trigger.jitterSec() == null ? 0 : trigger.jitterSec() * 1_000;
    int extra = jitterMs == 0 ? 0 : jitter.applyAsInt(jitterMs + 1);
    var next = base.plusSeconds(trigger.intervalSec()).plusMillis(extra);
    // The column holds no nanoseconds, and slots are compared for equality.
    return Instant.ofEpochMilli(next.toEpochMilli());
  }
}
