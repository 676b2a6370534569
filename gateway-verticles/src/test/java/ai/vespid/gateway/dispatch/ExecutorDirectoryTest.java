package ai.vespid.gateway.dispatch;

import static ai.vespid.gateway.dispatch.Routes.dispatch;
import static ai.vespid.gateway.dispatch.Routes.route;
import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.EffectClass;
import ai.vespid.protocol.Pool;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ExecutorDirectoryTest {
  private static final Demand ANY = Demand.of(dispatch("n"));
  private static final Demand WEST =
      Demand.of(dispatch(Routes.ORG, "n", Routes.tagged("west"), EffectClass.AT_MOST_ONCE, 0));

  private final ExecutorDirectory directory = new ExecutorDirectory();

  @Test
  void choosesTheLeastLoadedByRatioNotByCount() {
    directory.up(route("small", 2));
    directory.up(route("large", 10));
    directory.hold("small", "a");
    directory.hold("large", "b");
    directory.hold("large", "c");

    assertThat(chosen(ANY)).isEqualTo("large");
  }

  @Test
  void choosesTheLeastRecentlyUsedOfEquals() {
    directory.up(route("a", 1));
    directory.up(route("b", 1));
    directory.hold("a", "1");
    directory.release("a", "1");

    assertThat(chosen(ANY)).isEqualTo("b");
  }

  @Test
  void passesOverTheFullAndFindsThemAgainWhenReleased() {
    directory.up(route("a", 1));
    directory.hold("a", "1");
    assertThat(directory.choose(ANY)).isEmpty();
    assertThat(directory.hasCandidate(ANY)).isTrue();

    directory.release("a", "1");
    assertThat(chosen(ANY)).isEqualTo("a");
  }

  @Test
  void indexesOnlyWhoCarriesTheTag() {
    directory.up(route("east", 1, "east"));
    assertThat(directory.hasCandidate(WEST)).isFalse();

    directory.up(route("west", 1, "west"));
    assertThat(chosen(WEST)).isEqualTo("west");

    directory.up(route("west", 1, "east"));
    assertThat(directory.hasCandidate(WEST)).isFalse();
  }

  @Test
  void ignoresTheEndOfAConnectionThatWasReplaced() {
    directory.up(route("a", "c1", "boot", Pool.BYON, 1, Set.of()));
    directory.up(route("a", "c2", "boot", Pool.BYON, 1, Set.of()));

    assertThat(directory.down("a", "c1")).isEmpty();
    assertThat(chosen(ANY)).isEqualTo("a");
    assertThat(directory.down("a", "c2")).isPresent();
    assertThat(directory.hasCandidate(ANY)).isFalse();
  }

  @Test
  void remembersWhatIsHeldOverALostLink() {
    directory.up(route("a", 1));
    directory.hold("a", "1");
    directory.down("a", "a-c1");
    directory.up(route("a", "c2", "boot", Pool.BYON, 1, Set.of()));

    assertThat(directory.choose(ANY)).isEmpty();
    assertThat(directory.heldBy("a")).containsExactly("1");
  }

  @Test
  void agreesWithAPlainScanAfterAnyHistory() {
    var random = new Random(7);
    var held = new HashMap<String, ArrayList<String>>();
    for (int step = 0; step < 20_000; step++) {
      var id = "e" + random.nextInt(30);
      switch (random.nextInt(5)) {
        case 0 ->
            directory.up(route(id, 1 + random.nextInt(4), random.nextBoolean() ? "west" : "east"));
        case 1 -> directory.down(id, id + "-c1");
        case 2, 3 ->
            directory
                .choose(random.nextBoolean() ? ANY : WEST)
                .ifPresent(r -> {
                  var request = "r" + random.nextInt();
                  directory.hold(r.executorId(), request);
                  held.computeIfAbsent(r.executorId(), _ -> new ArrayList<>()).add(request);
                });
        default -> {
          var mine = held.getOrDefault(id, new ArrayList<>());
          if (!mine.isEmpty()) directory.release(id, mine.removeLast());
        }
      }
      for (var demand : new Demand[] {ANY, WEST}) {
        var best =
            directory.routes(demand.queueKey()).stream()
                .filter(demand::accepts)
                .filter(r -> directory.heldBy(r.executorId()).size() < r.maxInFlight())
                .mapToDouble(
                    r -> (double) directory.heldBy(r.executorId()).size() / r.maxInFlight())
                .min();
        var choice = directory.choose(demand);
        assertThat(choice.isPresent()).isEqualTo(best.isPresent());
        choice.ifPresent(r ->
            assertThat((double) directory.heldBy(r.executorId()).size() / r.maxInFlight())
                .isEqualTo(best.getAsDouble()));
      }
    }
  }

  private String chosen(Demand demand) {
    return directory.choose(demand).orElseThrow().executorId();
  }
}
