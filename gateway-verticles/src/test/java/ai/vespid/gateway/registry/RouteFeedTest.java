package ai.vespid.gateway.registry;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.gateway.StagedSurroundings;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.bus.SessionRegistry.FeedDigest;
import ai.vespid.protocol.bus.SessionRegistry.FeedDown;
import ai.vespid.protocol.bus.SessionRegistry.FeedUp;
import ai.vespid.protocol.bus.SessionRegistry.Own;
import ai.vespid.protocol.bus.SessionRegistry.OwnRoutes;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RouteFeedTest {
  private final StagedSurroundings here = new StagedSurroundings("me", "other");
  private final RouteTable routes = new RouteTable();
  private final RouteFeed feed = new RouteFeed(here, routes, () -> {});

  @Test
  void readsTheRoutesOfANodeThatComesAndFollowsItsChanges() {
    follows("other", 4, route("a", "a-1", 1));

    feed.heard(new FeedUp("other", 5, route("b", "b-1", 1)));
    feed.heard(new FeedDown("other", 6, "a", "a-1"));

    assertThat(connections()).containsExactly("b-1");
    assertThat(here.asked).isEmpty();
  }

  @Test
  void readsAgainWhatItMissed() {
    follows("other", 4);

    feed.heard(new FeedUp("other", 6, route("b", "b-1", 1)));
    here.next(Own.class)
        .answer()
        .complete(new OwnRoutes(6, List.of(route("a", "a-1", 1), route("b", "b-1", 1))));

    assertThat(connections()).containsExactly("a-1", "b-1");
  }

  @Test
  void readsAgainWhenItAllComesToSomethingElse() {
    follows("other", 4, route("a", "a-1", 1));

    feed.heard(new FeedDigest("other", 4, 1, routes.hash("other")));
    assertThat(here.asked).isEmpty();

    feed.heard(new FeedDigest("other", 4, 1, routes.hash("other") + 1));
    here.next(Own.class).answer().complete(new OwnRoutes(4, List.of()));
    assertThat(connections()).isEmpty();
  }

  @Test
  void forgetsTheRoutesOfANodeThatIsGoneAndDoesNotHearItAnyMore() {
    follows("other", 4, route("a", "a-1", 1));

    feed.viewChanged(here.sees("me"));
    feed.heard(new FeedUp("other", 5, route("b", "b-1", 1)));

    assertThat(connections()).isEmpty();
  }

  private void follows(String node, long seq, Route... known) {
    feed.viewChanged(here.view());
    here.next(Own.class).answer().complete(new OwnRoutes(seq, List.of(known)));
  }

  private List<String> connections() {
    return routes.all().stream().map(Route::connectionId).sorted().toList();
  }

  private static Route route(String executorId, String connectionId, long connectedAtMs) {
    return new Route(
        executorId,
        connectionId,
        "other",
        0,
        Pool.BYON,
        "11111111-1111-4111-8111-111111111111",
        executorId,
        Set.of(),
        List.of(),
        1,
        Set.of(Kind.AGENT_EXECUTE),
        null,
        Map.of(),
        "boot",
        connectedAtMs,
        connectedAtMs,
        false,
        false);
  }
}
