package ai.vespid.bench;

import io.vertx.core.Future;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.Supplier;

/** The fake agents of a run, and what they saw that the callers cannot see. */
final class Fleet {
  private static final int CONNECTING_MAX = 32;

  private final List<FakeAgent> agents = new ArrayList<>();
  private final List<Flaw> flaws = new ArrayList<>();
  private final BitSet ran = new BitSet();
  private final BitSet settled = new BitSet();
  private final InvokeReader reader = new InvokeReader();
  private final RunIds ids;
  private IntConsumer listener;

  Fleet(Generator generator, List<Credential> credentials, boolean plain) {
    this.ids = generator.ids;
    for (var credential : credentials) {
      agents.add(new FakeAgent(generator, credential, plain, this));
    }
  }

  int size() {
    return agents.size();
  }

  /** Connects all, a bounded number at a time; called on the loop. */
  Future<Void> connect(String gatewayWsUrl) {
    var waiting = new ArrayDeque<>(agents);
    var lanes = new ArrayList<Future<Void>>();
    for (int i = 0; i < CONNECTING_MAX; i++) lanes.add(connectNext(waiting, gatewayWsUrl));
    return Future.join(lanes).mapEmpty();
  }

  private Future<Void> connectNext(ArrayDeque<FakeAgent> waiting, String url) {
    var next = waiting.poll();
    if (next == null) return Future.succeededFuture();
    return next.connect(url).compose(_ -> connectNext(waiting, url));
  }

  void close() {
    agents.forEach(FakeAgent::close);
  }

  /**
   * Tells the number of each of this generator's dispatches whose result should now be readable;
   * with null nobody listens, and acknowledgements are not even parsed.
   */
  void onSettled(IntConsumer listener) {
    this.listener = listener;
  }

  boolean wantsToKnow() {
    return listener != null;
  }

  /** Runs one round; what went wrong at the agents since the last one counts in this one. */
  Measured measure(Generator generator, Pace pace, Supplier<Future<Tally>> loop) {
    var tally = generator.await(pace.boundSeconds(), () -> loop.get().onSuccess(this::moveFlawsTo));
    return tally.measured();
  }

  private void moveFlawsTo(Tally tally) {
    flaws.forEach(tally::flawed);
    flaws.clear();
  }

  InvokeReader reader() {
    return reader;
  }

  /** An agent sent a result; whether the gateway will acknowledge it shows in the invoke. */
  void answered(String requestId, boolean ackExpected) {
    int sequence = ids.sequenceOf(requestId);
    if (sequence < 0) return;
    if (ran.get(sequence)) flaws.add(Flaw.RAN_TWICE);
    ran.set(sequence);
    if (!ackExpected) settle(sequence);
  }

  void acknowledged(String requestId) {
    int sequence = requestId == null ? -1 : ids.sequenceOf(requestId);
    if (sequence >= 0) settle(sequence);
  }

  boolean hasSettled(int sequence) {
    return settled.get(sequence);
  }

  private void settle(int sequence) {
    if (listener == null) return;
    settled.set(sequence);
    listener.accept(sequence);
  }

  void lost() {
    flaws.add(Flaw.error("an agent lost its connection"));
  }

  void refused() {
    flaws.add(Flaw.error("an agent was refused"));
  }

  void malformed() {
    flaws.add(Flaw.wrong("an agent received malformed JSON"));
  }
}
