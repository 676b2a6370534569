package ai.vespid.protocol.bus;

/**
 * Where facts of one family are published. A fact may be lost; a sweep behind it must heal that.
 *
 * @param node the only node that hears it, or null when all do
 */
public record Topic<F extends Message>(String name, String node) {
  /** Heard by every node. */
  public static <F extends Message> Topic<F> everywhere(String name) {
    return new Topic<>(name, null);
  }

  /** Heard on its own node only. */
  public static <F extends Message> Topic<F> on(String node, String name) {
    return new Topic<>(name + '@' + node, node);
  }
}
