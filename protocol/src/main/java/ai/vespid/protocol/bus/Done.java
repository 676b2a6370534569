package ai.vespid.protocol.bus;

/** The answer to a request whose success carries no data. */
public record Done() implements Message {}
