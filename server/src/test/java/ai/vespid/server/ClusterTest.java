package ai.vespid.server;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.kit.bus.Bus;
import ai.vespid.kit.bus.ProtocolCodec;
import ai.vespid.kit.bus.Protocols;
import ai.vespid.kit.node.Member;
import ai.vespid.kit.node.Member.State;
import ai.vespid.kit.node.Membership;
import ai.vespid.protocol.bus.Nodes;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.core.spi.cluster.NodeInfo;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Real nodes of one cluster. */
@Timeout(60)
final class ClusterTest {
  private final Deque<Vertx> nodes = new ArrayDeque<>();
  private final List<Integer> ports = List.of(PostgresStore.freePort(0), PostgresStore.freePort(0));

  @AfterEach
  void stop() {
    while (!nodes.isEmpty()) nodes.pop().close().await();
  }

  /** One whose news reach nobody, as when a subscription got lost. */
  private Membership join(String name, int number, State state) {
    var self = new Member(name, name, 1, 1, State.STARTING);
    var membership = new Membership(self);
    var members = new JsonArray();
    ports.forEach(port -> members.add("127.0.0.1:" + port));
    var json = new JsonObject().put("port", ports.get(number)).put("members", members);
    var config = ClusterConfig.of("test.json", new JsonObject(), json);
    var cluster = new Cluster(config, self, membership, () -> {}, () -> {});
    var options = new VertxOptions().setEventLoopPoolSize(1);
    options.setEventBusOptions(cluster.busOptions());
    var vertx = cluster.open(Vertx.builder().with(options)).await();
    nodes.push(vertx);
    ProtocolCodec.install(vertx, Protocols.ALL, false);
    vertx
        .eventBus()
        .addOutboundInterceptor(message -> {
          if (!message.message().address().equals(Nodes.NEWS.name())) message.next();
        });
    cluster.begin().await();
    cluster.say(state);
    return membership;
  }

  private static void sees(Membership membership, String other, State state) throws Exception {
    var seen = Promise.<Void>promise();
    membership.listen((_, now) -> {
      if (now.member(other).filter(member -> member.state() == state).isPresent()) {
        seen.tryComplete();
      }
    });
    var now = membership.view().member(other).map(Member::state).orElse(State.UNKNOWN);
    if (now == state) seen.tryComplete();
    seen.future().await(20, TimeUnit.SECONDS);
  }

  @Test
  void whoHearsNoNewsIsToldAllTheSame() throws Exception {
    var first = join("a", 0, State.SERVING);
    var second = join("b", 1, State.DRAINING);

    sees(second, "a", State.SERVING);
    sees(first, "b", State.DRAINING);
    assertThat(second.view().introduced()).isTrue();
  }

  @Test
  void knowsWhereANodeIsWhenTheMapThatSaysSoDoesNotAnswer() throws Exception {
    sees(join("a", 0, State.SERVING), "a", State.SERVING);
    sees(join("b", 1, State.SERVING), "a", State.SERVING);
    var manager = ((VertxInternal) nodes.peek()).clusterManager();
    var addresses = manager.<String, Object>getSyncMap("__vertx.nodeInfo");
    assertThat(addresses).hasSize(2);
    var other = manager.getNodes().stream().filter(id -> !id.equals(manager.getNodeId())).findAny();

    addresses.clear();

    var found = Promise.<NodeInfo>promise();
    manager.getNodeInfo(other.orElseThrow(), found);
    assertThat(found.future().await(20, TimeUnit.SECONDS).port()).isPositive();
  }

  @Test
  void isHeardAgainWhenTheOthersForgotWhatItListensTo() throws Exception {
    var first = join("a", 0, State.SERVING);
    sees(join("b", 1, State.SERVING), "a", State.SERVING);
    sees(first, "b", State.SERVING);
    var asker = new Bus(nodes.peekLast(), "a");
    assertThat(answers(asker)).isTrue();
    var manager = (HazelcastClusterManager) ((VertxInternal) nodes.peek()).clusterManager();
    var listening = manager.getHazelcastInstance().getMultiMap("__vertx.subs");
    var address = Nodes.at("b").name();
    assertThat(listening.remove((Object) address)).as("what is forgotten").isNotEmpty();

    while (!listening.containsKey(address)) Thread.onSpinWait();

    // What a node was told last is what it believes, so it may take a moment.
    while (!answers(asker)) Thread.onSpinWait();
  }

  private static boolean answers(Bus asker) throws Exception {
    return asker
        .ask(Nodes.at("b"), new Nodes.Answer(), Duration.ofSeconds(2))
        .transform(answer -> Future.succeededFuture(answer.succeeded()))
        .await(10, TimeUnit.SECONDS);
  }
}
