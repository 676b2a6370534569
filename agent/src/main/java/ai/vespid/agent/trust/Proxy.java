package ai.vespid.agent.trust;

import io.vertx.core.net.ProxyOptions;
import io.vertx.core.net.ProxyType;
import java.net.Authenticator;
import java.net.InetSocketAddress;
import java.net.PasswordAuthentication;
import java.net.ProxySelector;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;

/**
 * A proxy that is asked to CONNECT. When one is named everything the agent says to its gateway, and
 * to services, goes that way or not at all.
 *
 * @param user null without credentials
 */
public record Proxy(String host, int port, String user, String password) {
  private static final int USUAL_PORT = 3128;

  /**
   * Empty when the text is no address of a proxy. Its password is part of the text: say no more.
   */
  public static Optional<Proxy> parse(String text) {
    try {
      var uri = URI.create(text);
      boolean http = "http".equalsIgnoreCase(uri.getScheme());
      boolean bare = uri.getRawPath() == null || uri.getRawPath().matches("/?");
      if (!http || !bare || uri.getHost() == null || uri.getPort() == 0 || uri.getPort() > 65_535) {
        return Optional.empty();
      }
      int port = uri.getPort() < 0 ? USUAL_PORT : uri.getPort();
      if (uri.getRawUserInfo() == null) {
        return Optional.of(new Proxy(uri.getHost(), port, null, null));
      }
      var who = (uri.getRawUserInfo() + ':').split(":", 3);
      return Optional.of(new Proxy(uri.getHost(), port, decoded(who[0]), decoded(who[1])));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static String decoded(String part) {
    return URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  /** Whether a list as in {@code NO_PROXY} has this host. */
  public static boolean exempt(String host, Iterable<String> hosts) {
    var bare = host.replaceAll("^\\[|]$", "").toLowerCase(Locale.ROOT);
    for (var entry : hosts) {
      var name = entry.strip().toLowerCase(Locale.ROOT).replaceFirst(":\\d+$", "");
      var suffix = name.replaceFirst("^\\*?\\.?", "");
      if (name.equals("*")) return true;
      if (suffix.isEmpty()) continue;
      if (bare.equals(suffix) || bare.endsWith("." + suffix)) return true;
    }
    return false;
  }

  public ProxyOptions options() {
    var options = new ProxyOptions().setType(ProxyType.HTTP).setHost(host).setPort(port);
    return user == null ? options : options.setUsername(user).setPassword(password);
  }

  java.net.Proxy ofJava() {
    return new java.net.Proxy(java.net.Proxy.Type.HTTP, new InetSocketAddress(host, port));
  }

  // Java refuses to say a password to a proxy in clear, unless it is told to before its first use.
  static void mayTellPasswords() {
    System.setProperty("jdk.http.auth.tunneling.disabledSchemes", "");
  }

  /** Sends what a client of Java's asks for this way. */
  public void use(HttpClient.Builder client) {
    client.proxy(ProxySelector.of(new InetSocketAddress(host, port)));
    if (user == null) return;
    mayTellPasswords();
    client.authenticator(
        new Authenticator() {
          @Override
          protected PasswordAuthentication getPasswordAuthentication() {
            // The gateway asks for a token, never for this.
            return getRequestorType() == RequestorType.PROXY
                ? new PasswordAuthentication(user, password.toCharArray())
                : null;
          }
        });
  }

  @Override
  public String toString() {
    return host + ":" + port;
  }
}
