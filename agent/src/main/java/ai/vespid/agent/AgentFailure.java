package ai.vespid.agent;

/** The agent cannot start or pair. The message begins with a code and is shown as one line. */
public final class AgentFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public AgentFailure(String message) {
    super(message, null, false, false);
  }
}
