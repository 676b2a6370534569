package ai.vespid.protocol.bus;

/** Anything that travels on the event bus: an immutable record, safe to share between verticles. */
public interface Message {}
