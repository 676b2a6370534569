package ai.vespid.worker.workflow;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.workflow.Definition;
import ai.vespid.sql.Run;
import ai.vespid.sql.RunRepository.Advance;
import ai.vespid.sql.RunRepository.Advanced;
import ai.vespid.sql.RunRepository.Claimed;
import ai.vespid.sql.RunRepository.Finished;
import ai.vespid.sql.RunRepository.Held;
import ai.vespid.sql.RunRepository.Hold;
import ai.vespid.sql.RunRepository.Keep;
import ai.vespid.sql.RunRepository.Lost;
import ai.vespid.sql.RunRepository.Until;
import ai.vespid.sql.RunRepository.Written;
import ai.vespid.worker.agents.AgentTask;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * One run that this runner has claimed: feeds its machine, commits its turns one after the other,
 * and carries out what follows. It fences itself: past the end of its lease it does nothing more,
 * and whatever fails drops it, to be claimed again at its last commit. Confined to its verticle's
 * context.
 */
final class HeldRun {
  /** What becomes of it, told once. */
  interface Ends {
    /**
     * @param wanted true when it is due again already
     */
    void released(HeldRun run, Turn last, boolean wanted);

    /** It is somebody else's, or will be. */
    void dropped(HeldRun run, String why);
  }

  private final Carriers carriers;
  private final Definition definition;
  private final Run run;
  private final int epoch;
  private final RunMachine machine;
  private final Ends ends;
  private final Handing handing;
  // How often something has come, as far as it is known, and as far as the machine has it.
  private long told;
  private long seen;
  private long leaseUntilMs;
  private boolean writing;
  private boolean reading;
  private boolean readAgain;
  private boolean lingering;
  private boolean letting;
  private boolean leaving;
  private boolean gone;
  private int executing;
  private long busyMs;
  // Told when the next turn is committed.
  private List<Promise<Void>> awaited = new ArrayList<>();

  /**
   * @param claimedAtMs when the claim was asked for: its lease began no earlier
   */
  HeldRun(
      Carriers carriers,
      Definition definition,
      Claimed claimed,
      RunMachine machine,
      long claimedAtMs,
      Ends ends) {
    this.carriers = carriers;
    this.definition = definition;
    this.run = claimed.run();
    this.epoch = claimed.epoch();
    this.machine = machine;
    this.ends = ends;
    this.handing = new Handing(carriers, definition, run, machine, this);
    told = claimed.wakeSeq();
    seen = told;
    leaseUntilMs = claimedAtMs + carriers.lease().toMillis();
    busyMs = claimedAtMs;
  }

  String id() {
    return run.id();
  }

  String organizationId() {
    return run.organizationId();
  }

  Held held() {
    return new Held(run.id(), epoch);
  }

  void begin(Claimed claimed) {
    if (claimed.canceled()) machine.canceled(claimed.nodes());
    else machine.claimed(claimed.nodes(), now());
    pump();
  }

  private Instant now() {
    return carriers.clock().instant();
  }

  /**
   * The claim was renewed; the question was asked then.
   *
   * @param wakeSeq newer than what is known when the news of a result was lost
   */
  void renewed(long askedAtMs, long wakeSeq) {
    extend(askedAtMs);
    told = Math.max(told, wakeSeq);
    if (told > seen) look();
  }

  private void extend(long askedAtMs) {
    leaseUntilMs = Math.max(leaseUntilMs, askedAtMs + carriers.lease().toMillis());
  }

  /** Drops itself when its lease is over. */
  boolean fenced() {
    if (!gone && carriers.clock().millis() >= leaseUntilMs) drop("its lease is over");
    return gone;
  }

  void drop(String why) {
    if (gone) return;
    gone = true;
    ends.dropped(this, why);
  }

  /**
   * Takes a result as if it had been read at its node. Until that is committed it stands where it
   * came from, and whoever claims the run next asks for it there.
   *
   * @return false when the run is being given back, so that it has to be left at its node
   */
  boolean bring(String requestId, DispatchResult result) {
    if (letting || fenced()) return false;
    happened(() -> machine.result(requestId, result.withoutWorkspace(), now()));
    return true;
  }

  /** Ends it; what is under way is not awaited. */
  void cancel() {
    happened(machine::cancel);
  }

  /** Begins nothing more, and gives the run back as soon as nothing of it is done here. */
  void leave() {
    if (leaving || gone) return;
    leaving = true;
    pump();
  }

  /** Something may have been left at its nodes. */
  void look() {
    if (gone) return;
    // What is being read may be older than what we were just told of.
    readAgain = reading;
    if (reading) return;
    reading = true;
    long upTo = told;
    carriers
        .arrived(run.id())
        .onSuccess(nodes -> {
          reading = false;
          seen = Math.max(seen, upTo);
          happened(() -> machine.arrived(nodes, now()));
          if (readAgain) look();
        })
        .onFailure(cause -> drop("its nodes cannot be read"));
  }

  /** Feeds its machine and carries on, unless its lease is over. */
  void happened(Runnable event) {
    if (fenced()) return;
    event.run();
    pump();
  }

  /**
   * As {@link #happened}; completes when it is committed, never when the run is somebody else's.
   */
  Future<Void> kept(Runnable event) {
    if (fenced()) return Future.failedFuture(new AgentTask.Left());
    var committed = Promise.<Void>promise();
    awaited.add(committed);
    happened(event);
    return committed.future();
  }

  /** Begins nothing more. */
  boolean over() {
    return leaving || fenced();
  }

  private boolean atWork() {
    return executing + handing.underWay() > 0;
  }

  private void pump() {
    if (gone || writing) return;
    if (machine.urgent() || leaving && !atWork()) write();
    else if (machine.idle()) linger();
  }

  // What comes soon is answered without another claim.
  private void linger() {
    if (lingering) return;
    long left = busyMs + carriers.lingerMs() - carriers.clock().millis();
    if (left <= 0) {
      write();
      return;
    }
    lingering = true;
    carriers.after(
        left,
        () -> {
          lingering = false;
          if (!fenced()) pump();
        });
  }

  private void write() {
    if (fenced()) return;
    writing = true;
    var turn = machine.turn();
    // What it was about to begin is begun by whoever claims it next.
    if (leaving && !atWork()) turn = turn.givenBack(now());
    write(turn);
  }

  private void write(Turn turn) {
    letting = !(turn.hold() instanceof Turn.Hold.Keep);
    long askedAt = carriers.clock().millis();
    busyMs = askedAt;
    var waiting = awaited;
    awaited = new ArrayList<>();
    carriers
        .advance(advance(turn))
        .onSuccess(advanced -> {
          writing = false;
          committed(turn, advanced, askedAt);
          if (!gone) waiting.forEach(Promise::complete);
        })
        // Whether it was written is unknown; the database knows, and says it to the next runner.
        .onFailure(cause -> drop("a step could not be written"));
  }

  private Advance advance(Turn turn) {
    return new Advance(
        run.id(),
        epoch,
        turn.status(),
        turn.attempt(),
        turn.nextAttemptAt(),
        turn.cursor(),
        turn.output(),
        turn.error(),
        turn.changes(),
        turn.events(),
        turn.asked(),
        unwanted(turn),
        turn.thoughts(),
        hold(turn));
  }

  private static List<String> unwanted(Turn turn) {
    return turn.effects().stream()
        .filter(Effect.Cancel.class::isInstance)
        .map(effect -> ((Effect.Cancel) effect).requestId())
        .toList();
  }

  private Hold hold(Turn turn) {
    return switch (turn.hold()) {
      case Turn.Hold.Keep() -> new Keep(carriers.lease());
      case Turn.Hold.Until(var due) -> new Until(due, seen);
      case Turn.Hold.Over() -> new Finished();
    };
  }

  private void committed(Turn turn, Advanced advanced, long askedAtMs) {
    if (gone) return;
    switch (advanced) {
      case Lost() -> drop("another runner has it");
      case Written(long wakeSeq) -> {
        told = Math.max(told, wakeSeq);
        boolean news = told > seen;
        if (turn.hold() instanceof Turn.Hold.Keep) kept(turn, askedAtMs, news);
        else {
          gone = true;
          if (turn.status().terminal()) turn.effects().forEach(this::stop);
          ends.released(this, turn, (news || leaving) && !turn.status().terminal());
        }
      }
    }
  }

  private void kept(Turn turn, long askedAtMs, boolean news) {
    extend(askedAtMs);
    for (var effect : leaving ? List.<Effect>of() : turn.effects()) {
      if (fenced()) return;
      switch (effect) {
        case Effect.Execute execute -> execute(execute);
        case Effect.Send send -> handing.send(send);
        case Effect.Cancel cancel -> handing.cancel(cancel);
      }
    }
    if (news) look();
    pump();
  }

  // Of a run that is over nothing is begun any more.
  private void stop(Effect effect) {
    if (effect instanceof Effect.Cancel cancel) handing.cancel(cancel);
  }

  private void execute(Effect.Execute effect) {
    executing++;
    carriers
        .execute(
            run, definition.node(effect.nodeId()), effect, new NodeProgress(this, machine, effect))
        .onComplete(_ -> executing--)
        .onSuccess(result ->
            happened(() -> machine.executed(effect.nodeId(), effect.attempt(), result, now())))
        .onFailure(cause -> {
          // It has stopped at a step that whoever has the run next goes on at.
          if (leaving && cause instanceof AgentTask.Left && !fenced()) pump();
          else drop("a node could not be begun");
        });
  }
}
