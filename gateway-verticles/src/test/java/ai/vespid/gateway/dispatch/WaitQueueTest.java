package ai.vespid.gateway.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class WaitQueueTest {
  private final WaitQueue queue = new WaitQueue();
  private final Demand demand = Demand.of(Routes.dispatch("n"));

  @Test
  void servesTheOldestFirstInWhateverOrderTheyCame() {
    queue.add(demand, "org", "young", 30);
    queue.add(demand, "org", "old", 10);
    queue.add(demand, "org", "between", 20);

    assertThat(all()).containsExactly("old", "between", "young");
  }

  @Test
  void servesThoseOfOneMomentAsTheyCame() {
    List.of("c", "a", "b").forEach(id -> queue.add(demand, "org", id, 10));

    assertThat(all()).containsExactly("c", "a", "b");
  }

  @Test
  void givesOneThatComesBackItsOldPlace() {
    queue.add(demand, "org", "first", 10);
    queue.add(demand, "org", "second", 20);
    var taken = next().orElseThrow();
    queue.add(demand, "org", taken, 10);

    assertThat(queue.positionOf(demand, "org", "first")).isZero();
    assertThat(queue.positionOf(demand, "org", "second")).isEqualTo(1);
    assertThat(all()).containsExactly("first", "second");
  }

  @Test
  void holdsEachOnce() {
    queue.add(demand, "org", "one", 10);
    queue.add(demand, "org", "one", 20);

    assertThat(queue.size()).isEqualTo(1);
    assertThat(queue.remove(demand, "org", "one")).isTrue();
    assertThat(queue.remove(demand, "org", "one")).isFalse();
    assertThat(queue.sizeOf(demand.queueKey(), "org")).isZero();
    assertThat(next()).isEmpty();
  }

  @Test
  void servesOrganizationsInTurnWhateverTheAgeOfTheirWork() {
    queue.add(demand, "flood", "f1", 1);
    queue.add(demand, "flood", "f2", 2);
    queue.add(demand, "small", "s1", 50);

    assertThat(all()).containsExactly("f1", "s1", "f2");
  }

  private Optional<String> next() {
    return queue.next(demand.queueKey(), _ -> true, _ -> true);
  }

  private List<String> all() {
    return Stream.generate(this::next).takeWhile(Optional::isPresent).map(Optional::get).toList();
  }
}
