package ai.vespid.gateway.workspaces;

/**
 * The {@code workspaces} section.
 *
 * @param signingSecret what URLs are signed with, shared by all gateways; required
 * @param archiveBytesMax the largest archive one version may have
 */
public record WorkspacesSettings(
    String host, Integer port, String signingSecret, Long archiveBytesMax) {
  public WorkspacesSettings {
    if (host == null) host = "0.0.0.0";
    if (port == null) port = 3002;
    if (signingSecret == null || signingSecret.isBlank()) {
      throw new IllegalArgumentException("signingSecret is required");
    }
    if (archiveBytesMax == null) archiveBytesMax = 256L * 1024 * 1024;
  }

  @Override
  public String toString() {
    return "WorkspacesSettings[port=" + port + ", archiveBytesMax=" + archiveBytesMax + "]";
  }
}
