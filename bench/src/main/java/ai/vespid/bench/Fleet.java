package ai.vespid.bench;

import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;

/** The fake agents of a run, and what they saw that the callers cannot see. */
final class Fleet {
  private static final int CONNECTING_MAX = 32;
  private static final long AWAY_MAX = TimeUnit.MINUTES.toNanos(15);

  private final List<FakeAgent> agents = new ArrayList<>();
  private final List<Flaw> flaws = new ArrayList<>();
  private final BitSet ran = new BitSet();
  private final BitSet settled = new BitSet();
  private final InvokeReader reader = new InvokeReader();
  private final RunIds ids;
  private final List<IntConsumer> listeners = new ArrayList<>();
  private final Histogram away = new Histogram(AWAY_MAX, 3);
  private int here;
  private long losses;
  private long deferred;
  private long lastWelcomeNanos;

  Fleet(Generator generator, List<Credential> credentials, Manner manner) {
    this.ids = generator.ids;
    for (var credential : credentials) {
      agents.add(new FakeAgent(generator, credential, manner, this));
    }
  }

  int size() {
    return agents.size();
  }

  /** Connects all, a bounded number at a time; called on the loop. */
  Future<Void> connect(String gatewayWsUrl) {
    var door = Door.of(gatewayWsUrl);
    return connect(_ -> door);
  }

  /** As {@link #connect(String)}, each agent by its number through a door of its own. */
  Future<Void> connect(IntFunction<Door> doors) {
    var waiting = IntStream.range(0, agents.size()).iterator();
    var lanes = new ArrayList<Future<Void>>();
    for (int i = 0; i < CONNECTING_MAX; i++) lanes.add(connectNext(waiting, doors));
    return Future.join(lanes).mapEmpty();
  }

  private Future<Void> connectNext(Iterator<Integer> waiting, IntFunction<Door> doors) {
    if (!waiting.hasNext()) return Future.succeededFuture();
    int next = waiting.next();
    return agents.get(next).connect(doors.apply(next)).compose(_ -> connectNext(waiting, doors));
  }

  /** How many are welcomed right now. */
  int here() {
    return here;
  }

  /** How often an agent lost its gateway. */
  long losses() {
    return losses;
  }

  long lastWelcomeNanos() {
    return lastWelcomeNanos;
  }

  /** How long agents were away that came back, in milliseconds. */
  Map<String, Double> outages() {
    var figures = new LinkedHashMap<String, Double>();
    for (double percentile : new double[] {50, 90, 99, 100}) {
      figures.put("awayP" + (int) percentile + "Ms", away.getValueAtPercentile(percentile) / 1e6);
    }
    return figures;
  }

  /** How often an agent was told to come back later. */
  long deferrals() {
    return deferred;
  }

  void close() {
    agents.forEach(FakeAgent::close);
  }

  /**
   * Tells the number of each of this generator's dispatches whose result should now be readable;
   * while nobody listens acknowledgements are not even parsed.
   */
  void listen(IntConsumer listener) {
    listeners.add(listener);
  }

  void forget(IntConsumer listener) {
    listeners.remove(listener);
  }

  boolean wantsToKnow() {
    return !listeners.isEmpty();
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
    if (!wantsToKnow()) return;
    settled.set(sequence);
    listeners.forEach(listener -> listener.accept(sequence));
  }

  /** An agent is welcome, after being away for so long since it lost its last gateway. */
  void welcomed(long awayNanos) {
    here++;
    lastWelcomeNanos = System.nanoTime();
    if (awayNanos > 0) away.recordValue(Math.min(awayNanos, AWAY_MAX));
  }

  void left() {
    here--;
    losses++;
  }

  void deferred() {
    deferred++;
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
