package ai.vespid.worker.agents;

/** Why an agent has no answer; the message is a code. Carries no stack trace. */
final class AgentFailed extends RuntimeException {
  private static final long serialVersionUID = 1L;

  AgentFailed(String code) {
    super(code, null, false, false);
  }
}
