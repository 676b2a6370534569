package ai.vespid.protocol.bus;

/** A message that expects an answer of type {@code R}. */
public interface Request<R extends Message> extends Message {}
