package ai.vespid.gateway.dispatch;

import ai.vespid.protocol.Kind;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.Selector;
import ai.vespid.protocol.bus.Route;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * What one dispatch costs the router's directory: an executor is chosen among those that carry a
 * tag and holds the dispatch, and the oldest dispatch is released. A quarter of the room is taken.
 *
 * <p>It stands in the package of what it times, because nobody else may see that.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class RouteBenchmark {
  private static final String ORGANIZATION = "11111111-1111-4111-8111-111111111111";
  private static final int ROOM = 8;

  /** More than any cache of the processor holds, so that none learns the order. */
  private static final int DISPATCHES = 1 << 16;

  @Param("10000")
  int agents;

  @Param("200")
  int tags;

  @Param("5")
  int tagsPerAgent;

  private record Placed(String executorId, String requestId) {}

  private final ExecutorDirectory directory = new ExecutorDirectory();
  private final ArrayDeque<Placed> running = new ArrayDeque<>();
  private final Demand[] demands = new Demand[DISPATCHES];
  private final String[] requestIds = new String[DISPATCHES];
  private int next;

  /** Connects the fleet, asks for every tag once and fills a quarter of the room. */
  @Setup
  public void connect() {
    var random = new Random(1);
    var carried = new ArrayList<String>();
    for (int i = 0; i < agents; i++) {
      var own = tagsOf(i, random);
      carried.addAll(own);
      directory.up(route("agent-" + i, own));
    }
    for (int i = 0; i < DISPATCHES; i++) {
      // As often as it is carried; a tag that nobody carries would cost nothing.
      demands[i] = demand(carried.get(random.nextInt(carried.size())));
      requestIds[i] = "request-" + i;
      directory.choose(demands[i]);
    }
    while (running.size() < runningMax()) place();
  }

  /** One dispatch. */
  @Benchmark
  public Optional<Route> dispatch() {
    var chosen = place();
    if (running.size() > runningMax()) {
      var oldest = running.removeFirst();
      directory.release(oldest.executorId(), oldest.requestId());
    }
    return chosen;
  }

  private Optional<Route> place() {
    next = (next + 1) % DISPATCHES;
    var chosen = directory.choose(demands[next]);
    chosen.ifPresent(route -> {
      directory.hold(route.executorId(), requestIds[next]);
      running.addLast(new Placed(route.executorId(), requestIds[next]));
    });
    return chosen;
  }

  private int runningMax() {
    return agents * ROOM / 4;
  }

  private Set<String> tagsOf(int agent, Random random) {
    var own = new HashSet<>(Set.of("tag-" + agent % tags));
    while (own.size() < tagsPerAgent) own.add("tag-" + random.nextInt(tags));
    return own;
  }

  private static Demand demand(String tag) {
    var selector = new Selector(Pool.BYON, List.of(), null, tag, null);
    return new Demand("byon:" + ORGANIZATION, Kind.AGENT_EXECUTE, null, selector);
  }

  private static Route route(String id, Set<String> tags) {
    return new Route(
        id,
        id + "-c1",
        "gw-1",
        0,
        Pool.BYON,
        ORGANIZATION,
        id,
        tags,
        List.of(),
        ROOM,
        Set.of(Kind.values()),
        null,
        Map.of(),
        "boot",
        0,
        0,
        false,
        false);
  }
}
