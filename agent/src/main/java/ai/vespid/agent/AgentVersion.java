package ai.vespid.agent;

/** The version the agent reports. */
final class AgentVersion {
  static final String CURRENT =
      AgentVersion.class.getPackage().getImplementationVersion() == null
          ? "0.1.0"
          : AgentVersion.class.getPackage().getImplementationVersion();

  private AgentVersion() {}
}
