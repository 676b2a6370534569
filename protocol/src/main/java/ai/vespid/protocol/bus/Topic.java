package ai.vespid.protocol.bus;

/**
 * Where facts of one family are published. A fact may be lost; a sweep behind it must heal that.
 */
public record Topic<F extends Message>(String name) {}
