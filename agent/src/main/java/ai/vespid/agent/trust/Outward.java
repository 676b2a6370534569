package ai.vespid.agent.trust;

import java.io.IOException;
import java.net.Authenticator;
import java.net.PasswordAuthentication;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * The way out of this machine to services that are not the gateway. Where a proxy is named for an
 * address it is asked for that way; one that refuses, or is away, is never gone around.
 *
 * <p>Safe for use by many threads.
 */
public final class Outward {
  /** Straight to wherever. */
  public static final Outward STRAIGHT = new Outward(_ -> Optional.empty());

  private static final Duration CONNECT_MAX = Duration.ofSeconds(10);

  private final Function<URI, Optional<Proxy>> proxies;
  private HttpClient client;

  /**
   * @param proxies the proxy for an address, or none
   */
  public Outward(Function<URI, Optional<Proxy>> proxies) {
    this.proxies = proxies;
  }

  /**
   * The client of all connectors. Made for the first call: most agents never make one, and it takes
   * megabytes.
   */
  public synchronized HttpClient client() {
    if (client == null) {
      // A redirect would carry the secret to wherever the answer points.
      var builder =
          HttpClient.newBuilder()
              .followRedirects(HttpClient.Redirect.NEVER)
              .connectTimeout(CONNECT_MAX);
      use(builder);
      client = builder.build();
    }
    return client;
  }

  /** Sends what a client of Java's asks for this way. */
  public void use(HttpClient.Builder builder) {
    Proxy.mayTellPasswords();
    builder.proxy(new Selector()).authenticator(new Credentials());
  }

  private final class Selector extends ProxySelector {
    @Override
    public List<java.net.Proxy> select(URI uri) {
      return List.of(proxies.apply(uri).map(Proxy::ofJava).orElse(java.net.Proxy.NO_PROXY));
    }

    @Override
    public void connectFailed(URI uri, SocketAddress proxy, IOException cause) {
      // Whoever made the call tells it.
    }
  }

  private final class Credentials extends Authenticator {
    @Override
    protected PasswordAuthentication getPasswordAuthentication() {
      // Services are told their secrets by their own headers, never by this.
      if (getRequestorType() != RequestorType.PROXY) return null;
      try {
        return proxies
            .apply(getRequestingURL().toURI())
            .filter(proxy -> proxy.user() != null)
            .map(proxy -> new PasswordAuthentication(proxy.user(), proxy.password().toCharArray()))
            .orElse(null);
      } catch (URISyntaxException e) {
        return null;
      }
    }
  }
}
