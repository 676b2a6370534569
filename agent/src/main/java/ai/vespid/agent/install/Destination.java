package ai.vespid.agent.install;

import ai.vespid.agent.AgentFailure;
import java.util.regex.Pattern;

/** Where to install: {@code user@host} or {@code user@host:port}. */
public record Destination(String user, String host, int port) {
  private static final int SSH = 22;
  private static final Pattern FORM =
      Pattern.compile("([^@\\s]+)@(\\[[0-9A-Fa-f:.]+]|[A-Za-z0-9._-]+)(?::(\\d{1,5}))?");

  /**
   * @throws AgentFailure when it is none
   */
  public static Destination parse(String text) {
    var form = FORM.matcher(text);
    int port = SSH;
    boolean matches = form.matches();
    if (matches && form.group(3) != null) port = Integer.parseInt(form.group(3));
    if (!matches || port < 1 || port > 65_535) {
      throw new AgentFailure("DESTINATION_INVALID: write user@host or user@host:port");
    }
    return new Destination(form.group(1), form.group(2).replaceAll("[\\[\\]]", ""), port);
  }

  @Override
  public String toString() {
    return user + "@" + host + ":" + port;
  }
}
