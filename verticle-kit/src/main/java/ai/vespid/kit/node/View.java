package ai.vespid.kit.node;

import ai.vespid.kit.node.Member.State;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Who is there, as one node sees it at one moment. */
public record View(List<Member> members, Homes homes) {
  public static View of(List<Member> members) {
    var sorted = members.stream().sorted(Comparator.comparing(Member::id)).toList();
    return new View(sorted, homes(sorted));
  }

  // When all drain, the last ones keep their homes: nobody else is there. Who starts is never home:
  // it does not know yet who else is.
  private static Homes homes(List<Member> members) {
    return new Homes(seats(members, Member::routerSeats), seats(members, Member::sessionSeats));
  }

  private static List<Seat> seats(List<Member> members, Function<Member, List<Seat>> of) {
    for (var state : List.of(State.SERVING, State.DRAINING)) {
      var seats =
          members.stream()
              .filter(member -> member.state() == state)
              .flatMap(member -> of.apply(member).stream())
              .toList();
      if (!seats.isEmpty()) return seats;
    }
    return List.of();
  }

  public Optional<Member> member(String id) {
    return members.stream().filter(member -> member.id().equals(id)).findFirst();
  }

  public boolean has(String id) {
    return member(id).isPresent();
  }

  /** False when it is not there, or on its way out while others stay: it is home no more. */
  public boolean mayBeHome(Seat router) {
    return member(router.node())
        .filter(member -> member.state() != State.DRAINING || homes.routers().contains(router))
        .isPresent();
  }

  /** True when every member has said what it does. */
  public boolean introduced() {
    return members.stream().noneMatch(member -> member.state() == State.UNKNOWN);
  }

  /** True when no node that may decide is seen here but these. */
  public boolean decidedOnlyBy(Collection<String> ids) {
    return members.stream()
        .filter(member -> member.routers() > 0)
        .allMatch(member -> ids.contains(member.id()));
  }

  /** Every shard that owns sockets. */
  public List<Seat> edges() {
    return members.stream().flatMap(member -> member.edgeSeats().stream()).toList();
  }

  /** Every shard that asks models, those that are about to leave only when there is no other. */
  public List<Seat> runners() {
    return seats(members, Member::runnerSeats);
  }

  /** Every shard that is home for dispatches, was, or will be. */
  public List<Seat> routers() {
    return members.stream().flatMap(member -> member.routerSeats().stream()).toList();
  }

  /** Those of them that have decided something, maybe out of sight. */
  public List<Seat> routersBegun() {
    return members.stream()
        .filter(member -> member.state() == State.SERVING || member.state() == State.DRAINING)
        .flatMap(member -> member.routerSeats().stream())
        .toList();
  }
}
