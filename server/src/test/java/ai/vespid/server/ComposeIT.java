package ai.vespid.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code compose.yaml} brought up for real, as README says it (W-42): dispatches through its nginx
 * to the agent in its container, a gateway that crashes, one that is deployed, and nothing left
 * behind. The tests build on each other, in order.
 */
@TestMethodOrder(OrderAnnotation.class)
@Timeout(value = 240)
final class ComposeIT {
  private static final String OPEN = "http://127.0.0.1:8080";
  private static final String INTERNAL = "http://127.0.0.1:8081";
  private static final Set<Integer> AGAIN = Set.of(0, 502, 503, 504);
  private static final long GAP_MS_MAX = 10_000;
  private static final long BEFORE_MS = 3_000;
  private static final List<String> ALL = List.of("postgres", "redis", "gw-1", "gw-2", "nginx");

  @TempDir private static Path folder;
  private static ComposeSite site;
  private static Calls calls;
  private static Customer customer;
  private static boolean isDown;

  @BeforeAll
  static void up() throws IOException, InterruptedException {
    var compose = ComposeSite.findCompose();
    assumeTrue(compose.isPresent(), "there is no Docker engine with compose here");
    assumeTrue(free(8080) && free(8081), "port 8080 or 8081 is taken on this machine");
    site = new ComposeSite(folder, compose.get());
    var missing = site.makeImages();
    assumeTrue(missing.isEmpty(), () -> missing.orElse(""));
    calls = new Calls(site.serviceToken());
    site.compose("up", "--no-build", "--detach").orFail();
    site.until("all are healthy", () -> ALL.stream().allMatch(site::isHealthy));
  }

  @AfterAll
  static void clear() throws IOException, InterruptedException {
    if (site == null) return;
    if (!isDown) site.down();
    site.removeImages();
    if (calls != null) calls.close();
  }

  private static boolean free(int port) {
    try (var socket = new ServerSocket(port)) {
      return socket.isBound();
    } catch (IOException taken) {
      return false;
    }
  }

  @Test
  @Order(1)
  void dispatchesThroughNginxToTheAgentInItsContainer() throws Exception {
    customer = Customer.signUp(calls, OPEN, INTERNAL);
    var pairing = "VESPID_AGENT_PAIRING_TOKEN=" + customer.pairingToken();
    var paired =
        site.compose("run", "--detach", "-e", pairing, "agent", "connect").orFail().lines();
    var once = paired.toList().getLast();
    site.until("the agent is paired", () -> !customer.edges().isEmpty());
    site.run("docker", "rm", "--force", once).orFail();
    site.until("it is gone", () -> customer.edges().isEmpty());

    site.compose("--profile", "agent", "up", "--no-build", "--detach").orFail();
    site.until("the agent is back with what it was given", () -> !customer.edges().isEmpty());

    assertThat(Customer.stdout(ask("cat /etc/hostname"))).isEqualTo(hostname() + "\n");
  }

  private static String hostname() {
    return site.state("agent", ".Config.Hostname");
  }

  @Test
  @Order(2)
  void goesOnWhenTheGatewayThatHoldsTheAgentIsKilled() throws InterruptedException {
    var victim = customer.edges().getFirst();
    var before = site.state(victim, ".State.Pid");
    var load = Load.start("retry-safe");
    load.forAtLeast(BEFORE_MS);

    site.kill(victim);
    site.until(
        "Docker has started it again",
        () -> !site.state(victim, ".State.Pid").equals(before) && site.isHealthy(victim));
    load.forAtLeast(BEFORE_MS);
    var moments = load.end();

    assertThat(longestGap(moments)).isLessThan(GAP_MS_MAX);
    // At the end two gateways work as at the beginning; on a busy machine a half has to do.
    assertThat(within(moments, -BEFORE_MS)).isGreaterThan(within(moments, BEFORE_MS) / 2);
  }

  @Test
  @Order(3)
  void deploysAreNotFelt() throws Exception {
    var deployed = customer.edges().getFirst();
    var load = Load.start("at-most-once");
    load.forAtLeast(BEFORE_MS / 3);

    site.compose("restart", "--timeout", "45", deployed).orFail();
    site.until("it is healthy", () -> site.isHealthy(deployed));
    load.forAtLeast(BEFORE_MS / 3);

    var moments = load.end();
    assertThat(load.refused).isEmpty();
    assertThat(longestGap(moments)).isLessThan(GAP_MS_MAX);
    assertThat(customer.edges()).doesNotContain(deployed);
  }

  @Test
  @Order(4)
  void leavesNothingBehind() throws Exception {
    site.down();
    isDown = true;

    assertThat(site.left()).isEmpty();
  }

  private static Calls.Reply ask(String script) throws InterruptedException {
    return ask(customer.shell(UUID.randomUUID().toString(), "n1", script), new ArrayList<>());
  }

  // As a worker: what did not come through, or nobody could take, is asked again under its id.
  private static Calls.Reply ask(JsonObject body, List<String> refused)
      throws InterruptedException {
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (true) {
      var reply = customer.dispatch(body);
      if (!AGAIN.contains(reply.status()) || System.nanoTime() > limit) return reply;
      if (reply.status() == 503) refused.add(reply.field("code"));
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  private static long longestGap(List<Long> moments) {
    long longest = 0;
    for (int i = 1; i < moments.size(); i++) {
      longest = Math.max(longest, moments.get(i) - moments.get(i - 1));
    }
    return longest;
  }

  /** How many of them are in the first milliseconds, or in the last when that is negative. */
  private static long within(List<Long> moments, long ms) {
    return moments.stream()
        .filter(at -> ms > 0 ? at < moments.getFirst() + ms : at > moments.getLast() + ms)
        .count();
  }

  /** One dispatch after the other, each of which has to succeed. */
  private static final class Load {
    private final String effect;
    private final List<Long> moments = new ArrayList<>();
    private final List<String> refused = new ArrayList<>();
    private final Thread thread = Thread.ofVirtual().unstarted(this::run);
    private volatile boolean running = true;
    private volatile Throwable failure;

    private Load(String effect) {
      this.effect = effect;
    }

    static Load start(String effect) {
      var load = new Load(effect);
      load.thread.start();
      return load;
    }

    private void run() {
      try {
        while (running) {
          var body = customer.shell(UUID.randomUUID().toString(), "n1", "echo done");
          var reply = ask(body.put("effect", effect), refused);
          assertThat(Customer.stdout(reply)).isEqualTo("done\n");
          moments.add(TimeUnit.NANOSECONDS.toMillis(System.nanoTime()));
        }
      } catch (Throwable e) {
        failure = e;
      }
    }

    void forAtLeast(long ms) throws InterruptedException {
      thread.join(ms);
    }

    /** When each of them was answered. */
    List<Long> end() throws InterruptedException {
      running = false;
      thread.join();
      if (failure != null) throw new AssertionError(site.logs(), failure);
      return moments;
    }
  }
}
