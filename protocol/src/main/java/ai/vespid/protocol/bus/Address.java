package ai.vespid.protocol.bus;

/** Where one actor listens, typed by the requests it understands. */
public record Address<Q extends Request<?>>(String name) {}
