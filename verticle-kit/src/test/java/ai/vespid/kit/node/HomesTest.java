package ai.vespid.kit.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class HomesTest {
  @Test
  void spreadsKeysEvenly() {
    var homes = new Homes(seats(5));
    var counts = new HashMap<Seat, Integer>();
    for (int i = 0; i < 50_000; i++) {
      counts.merge(homes.seatOf(UUID.randomUUID().toString()), 1, Integer::sum);
    }

    assertThat(counts.values()).allSatisfy(count -> assertThat(count).isBetween(9_000, 11_000));
  }

  @Test
  void movesOnlyTheKeysOfASeatThatGoes() {
    var before = new Homes(seats(5));
    var after = new Homes(seats(5).subList(0, 4));
    var gone = seats(5).getLast();
    for (int i = 0; i < 10_000; i++) {
      var key = "byon:" + i;
      if (!before.seatOf(key).equals(gone)) {
        assertThat(after.seatOf(key)).isEqualTo(before.seatOf(key));
      }
    }
  }

  private static List<Seat> seats(int count) {
    var seats = new ArrayList<Seat>();
    for (int i = 0; i < count; i++) seats.add(new Seat("gw-" + i, 0));
    return seats;
  }
}
