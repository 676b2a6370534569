package ai.vespid.protocol.bus;

/**
 * One node as the others see it.
 *
 * <pre>
 * a                        b
 *   Probe(a)  --------->     asks a for an Answer, over the bus
 *             <---------   Seen: whether it came, and others can reach a
 *   Exchange(a) ------->
 *             <---------   Says(b)
 * </pre>
 */
public sealed interface Nodes<R extends Message> extends Request<R> {
  static Address<Nodes<?>> at(String node) {
    return Address.of("node", node);
  }

  /** What every node says of itself once a second, and when it changes. */
  Topic<Says> NEWS = Topic.everywhere("node-news");

  /** {@code state} is STARTING, SERVING or DRAINING. */
  record Says(String node, String state) implements Message {}

  /**
   * The same to one node, which answers with its own, once a second: whoever's subscription got
   * lost hears no news, and would take itself for the only one.
   */
  record Exchange(String node, String state) implements Nodes<Says> {
    public Says said() {
      return new Says(node, state);
    }
  }

  /** Ask me something: can I be reached from you? */
  record Probe(String from) implements Nodes<Probe.Seen> {
    /** Whether the node that asked answered over the bus. */
    public record Seen(boolean reached) implements Message {}
  }

  /** Go on elsewhere with everything and end. Answered when it has begun. */
  record Drain() implements Nodes<Done> {}

  /** Only to be answered. */
  record Answer() implements Nodes<Done> {}
}
