package ai.vespid.kit.node;

import ai.vespid.kit.node.Member.State;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The members of the cluster as this node sees them. Safe for use by many threads: the assembly
 * feeds it, verticles read it and listen.
 */
public final class Membership {
  /** Told every new view, on the thread that brought it. */
  public interface Listener {
    void changed(View before, View now);
  }

  private final String self;
  private final boolean alone;
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();
  private final Map<String, State> states = new HashMap<>();
  private List<Member> alive;
  private volatile View view;

  public Membership(Member self) {
    this(self, false);
  }

  /**
   * @param alone no other node can ever be there
   */
  public Membership(Member self, boolean alone) {
    this.alone = alone;
    this.self = self.id();
    this.alive = List.of(self);
    this.view = View.of(alive);
  }

  /** A node that is alone and serves. */
  public static Membership single(String node, int routers) {
    return new Membership(new Member(node, node, routers, 1, 1, 1, State.SERVING), true);
  }

  /** True when no other node can be there, not even one that this one does not see. */
  public boolean alone() {
    return alone;
  }

  public View view() {
    return view;
  }

  /** True when this node is about to leave and somebody is there to take over. */
  public boolean draining() {
    var now = view;
    return now.member(self).filter(member -> member.state() == State.DRAINING).isPresent()
        && now.members().stream().anyMatch(member -> member.state() == State.SERVING);
  }

  /** True when this node is about to leave and nobody is there, or comes, to take over. */
  public boolean ending() {
    return view.members().stream().allMatch(member -> member.state() == State.DRAINING);
  }

  /** True when this node can be relied on: it has begun, and nobody takes over from it. */
  public boolean ready() {
    var state = view.member(self).map(Member::state).orElse(State.STARTING);
    return state == State.SERVING || state == State.DRAINING && !draining() && !ending();
  }

  /** Who is alive; this node is always one of them. */
  public synchronized void alive(List<Member> members) {
    alive = List.copyOf(members);
    states.keySet().removeIf(id -> alive.stream().noneMatch(member -> member.id().equals(id)));
    publish();
  }

  /** What a member said of itself. */
  public synchronized void state(String id, State state) {
    if (states.put(id, state) != state) publish();
  }

  private void publish() {
    var before = view;
    var now =
        View.of(
            alive.stream()
                .map(member -> member.as(states.getOrDefault(member.id(), member.state())))
                .toList());
    if (now.equals(before)) return;
    view = now;
    listeners.forEach(listener -> listener.changed(before, now));
  }

  public void listen(Listener listener) {
    listeners.add(listener);
  }

  public void forget(Listener listener) {
    listeners.remove(listener);
  }
}
