package ai.vespid.protocol.bus;

/**
 * Where one actor listens, typed by the requests it understands.
 *
 * @param node the node it lives on; addresses of a process are never used again after its end
 */
public record Address<Q extends Request<?>>(String name, String node) {
  /** An actor of which a node has one. */
  public static <Q extends Request<?>> Address<Q> of(String actor, String node) {
    return new Address<>(actor + '@' + node, node);
  }

  /** One shard of an actor. */
  public static <Q extends Request<?>> Address<Q> of(String actor, String node, int shard) {
    return new Address<>(actor + '@' + node + '/' + shard, node);
  }
}
