package ai.vespid.kit.node;

import java.util.List;
import java.util.stream.IntStream;

/**
 * One live node.
 *
 * @param id its name and its start: a process that is started again is another member
 * @param name what people call it
 * @param routers shards of {@code dispatch-router} it runs
 * @param edges shards of {@code executor-edge} it runs
 * @param sessions shards of {@code session-turns} it runs
 * @param runners shards of {@code engine-runner} it runs
 * @param state what it said of itself last
 */
public record Member(
    String id, String name, int routers, int edges, int sessions, int runners, State state) {
  /** One that runs neither {@code session-turns} nor {@code engine-runner}. */
  public Member(String id, String name, int routers, int edges, State state) {
    this(id, name, routers, edges, 0, 0, state);
  }

  /** The life of a node. */
  public enum State {
    /** It has not said anything to us: it may be any of these. */
    UNKNOWN,
    /** In the cluster, but its verticles do not answer yet. */
    STARTING,
    SERVING,
    /** About to leave; takes nothing new. */
    DRAINING
  }

  /** Who may be home. */
  public List<Seat> routerSeats() {
    return seats(routers);
  }

  /** Where its agents' sockets are owned. */
  public List<Seat> edgeSeats() {
    return seats(edges);
  }

  /** Who may be home of a session. */
  public List<Seat> sessionSeats() {
    return seats(sessions);
  }

  /** Who asks models. */
  public List<Seat> runnerSeats() {
    return seats(runners);
  }

  Member as(State now) {
    return new Member(id, name, routers, edges, sessions, runners, now);
  }

  private List<Seat> seats(int count) {
    return IntStream.range(0, count).mapToObj(shard -> new Seat(id, shard)).toList();
  }
}
