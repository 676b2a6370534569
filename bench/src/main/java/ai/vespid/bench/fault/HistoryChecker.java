package ai.vespid.bench.fault;

import ai.vespid.bench.fault.History.Event;
import ai.vespid.bench.fault.History.Event.Accepted;
import ai.vespid.bench.fault.History.Event.Began;
import ai.vespid.bench.fault.History.Event.Decided;
import ai.vespid.bench.fault.History.Event.Left;
import ai.vespid.bench.fault.History.Event.Misanswered;
import ai.vespid.bench.fault.History.Event.Missing;
import ai.vespid.bench.fault.History.Event.Offered;
import ai.vespid.bench.fault.History.Event.Posted;
import ai.vespid.bench.fault.History.Event.Probed;
import ai.vespid.bench.fault.History.Event.Thanked;
import ai.vespid.bench.fault.History.Event.Unanswered;
import ai.vespid.bench.fault.History.Mode;
import ai.vespid.bench.fault.Violation.Rule;
import ai.vespid.protocol.EffectClass;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Decides whether what was seen may have happened. Pure; checks 1 to 4 of the plan. */
final class HistoryChecker {
  /** Everything that was seen of one dispatch, in no order. */
  private static final class Life {
    private Posted posted;
    private boolean accepted;
    private final Map<Outcome, String> outcomes = new LinkedHashMap<>();
    private final Set<String> executions = new LinkedHashSet<>();
    private final TreeMap<Integer, Set<String>> offers = new TreeMap<>();
  }

  private final Map<String, Life> lives = new LinkedHashMap<>();
  private final List<Violation> violations = new ArrayList<>();
  private final Tolerance tolerance;

  private HistoryChecker(Tolerance tolerance) {
    this.tolerance = tolerance;
  }

  /** What is wrong with a history; empty when all is well. */
  static List<Violation> check(List<Event> events, Tolerance tolerance) {
    var checker = new HistoryChecker(tolerance);
    events.forEach(checker::see);
    checker.lives.forEach(checker::judge);
    return List.copyOf(checker.violations);
  }

  private Life life(String id) {
    return lives.computeIfAbsent(id, _ -> new Life());
  }

  private void see(Event event) {
    switch (event) {
      case Posted posted -> life(posted.id()).posted = posted;
      case Accepted accepted -> life(accepted.id()).accepted = true;
      case Decided decided ->
          life(decided.id()).outcomes.putIfAbsent(decided.outcome(), decided.by());
      case Unanswered gaveUp ->
          violation(Rule.ANSWERED, gaveUp.id(), "was never answered: " + gaveUp.cause());
      case Misanswered wrong ->
          violation(Rule.ANSWERED, wrong.id(), "was answered " + wrong.answer());
      case Missing missing ->
          violation(
              Rule.ONE_RESULT,
              missing.id(),
              "was accepted, and " + missing.by() + " has no result");
      case Offered offered ->
          life(offered.id())
              .offers
              .computeIfAbsent(offered.epoch(), _ -> new LinkedHashSet<>())
              .add(offered.agent());
      case Began began -> life(began.id()).executions.add(began.execution());
      // Told to help whoever reads the evidence; whether it may be depends on the fault.
      case Thanked _, Event.Refused _ -> {}
      case Left left -> violation(Rule.ROOM, left.id(), left.agent() + " still has it");
      case Probed probed -> judge(probed);
    }
  }

  private void violation(Rule rule, String id, String text) {
    violations.add(new Violation(rule, id, text));
  }

  private void judge(Probed probed) {
    if (probed.taken() != probed.room()) {
      violation(Rule.ROOM, "-", probed.taken() + " of " + probed.room() + " places were free");
    }
    if (!probed.oneMoreRefused()) violation(Rule.ROOM, "-", "one more than all places was taken");
  }

  private void judge(String id, Life life) {
    if (life.posted == null) {
      violation(Rule.RUNS, id, "nobody asked for it");
      return;
    }
    judgeResults(id, life);
    judgeEpochs(id, life);
    judgeRuns(id, life);
  }

  private void judgeResults(String id, Life life) {
    if (life.accepted && life.outcomes.isEmpty()) {
      violation(Rule.ONE_RESULT, id, "was accepted and never decided");
    }
    if (life.outcomes.size() > 1) {
      violation(Rule.ONE_RESULT, id, "has different results: " + life.outcomes);
    }
    for (var outcome : life.outcomes.keySet()) {
      if (outcome.succeeded() && outcome.number() != life.posted.number()) {
        violation(Rule.ONE_RESULT, id, "has the result of dispatch " + outcome.number());
      }
      if (!outcome.succeeded()
          && !tolerance.allows(life.posted.mode(), life.posted.effect(), outcome.error())) {
        violation(
            Rule.CAUSE,
            id,
            "%s %s failed with %s"
                .formatted(life.posted.mode(), life.posted.effect(), outcome.error()));
      }
    }
  }

  // A synchronous dispatch lives in memory: after a crash it may begin anew, at its first epoch.
  private void judgeEpochs(String id, Life life) {
    if (life.posted.mode() == Mode.SYNC || life.offers.isEmpty()) return;
    int latest = life.offers.lastKey();
    for (var outcome : life.outcomes.keySet()) {
      if (outcome.succeeded() && outcome.epoch() < latest) {
        violation(
            Rule.NO_STALE_EPOCH,
            id,
            "epoch %d was stored after epoch %d was offered".formatted(outcome.epoch(), latest));
      }
    }
    life.offers.forEach((epoch, agents) -> {
      if (agents.size() > 1) {
        violation(Rule.NO_STALE_EPOCH, id, "epoch " + epoch + " was offered to " + agents);
      }
    });
  }

  private void judgeRuns(String id, Life life) {
    if (life.posted.effect() == EffectClass.AT_MOST_ONCE && life.executions.size() > 1) {
      violation(Rule.RUNS, id, "may run once and ran as " + life.executions);
    }
    for (var outcome : life.outcomes.keySet()) {
      if (outcome.succeeded() && !life.executions.contains(outcome.execution())) {
        violation(Rule.RUNS, id, "no agent made its result, " + outcome.execution());
      }
    }
  }
}
