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
  private final InvokeReader reader = new InvokeReader();
  private final RunIds ids;
  private IntConsumer listener = _ -> {};

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

  /** Tells the number of each of this generator's dispatches as its result is sent. */
  void onAnswered(IntConsumer listener) {
    this.listener = listener;
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

  void answered(String requestId) {
    int sequence = ids.sequenceOf(requestId);
    if (sequence < 0) return;
    if (ran.get(sequence)) flaws.add(Flaw.RAN_TWICE);
    ran.set(sequence);
    listener.accept(sequence);
  }

  boolean hasRun(int sequence) {
    return ran.get(sequence);
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
