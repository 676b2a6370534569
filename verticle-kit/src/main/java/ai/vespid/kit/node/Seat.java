package ai.vespid.kit.node;

/** One shard of a stateful verticle on one node. */
public record Seat(String node, int shard) {}
