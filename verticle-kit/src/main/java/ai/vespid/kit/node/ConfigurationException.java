package ai.vespid.kit.node;

/** The process cannot start as configured. One line: the cause and the remedy. */
public final class ConfigurationException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ConfigurationException(String message) {
    super(message, null, false, false);
  }
}
