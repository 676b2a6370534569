package ai.vespid.protocol.bus;

/** Anything that travels on the event bus: an immutable record, safe to share between verticles. */
public interface Message {
  /**
   * About how many bytes of payload it carries, where that can be many: between nodes big messages
   * wait for each other, so that small ones need not wait for them.
   */
  default int bulk() {
    return 0;
  }
}
