package ai.vespid.kit.node;

/** One shard of a stateful verticle on one node. */
public record Seat(String node, int shard) {
  /** As messages, rows and the hash of homes name it. */
  public String text() {
    return node + '/' + shard;
  }

  public static Seat of(String text) {
    int slash = text.lastIndexOf('/');
    return new Seat(text.substring(0, slash), Integer.parseInt(text.substring(slash + 1)));
  }
}
