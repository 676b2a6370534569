package ai.vespid.agent.trust;

import java.net.http.HttpClient;
import java.time.Duration;
import javax.net.ssl.SSLContext;

/**
 * The client for what is asked of the gateway by HTTP: pairing, and files of runs. It goes the same
 * way as the link, and believes and shows the same. Made when it is first asked for. For any
 * thread.
 */
public final class GatewayHttp {
  /** One that trusts what Java does and goes straight. */
  public static final GatewayHttp PLAIN = new GatewayHttp(new GatewayTrust(TrustChoice.NONE), null);

  private static final Duration CONNECT_MAX = Duration.ofSeconds(10);

  private final GatewayTrust trust;
  private final Proxy proxy;
  private HttpClient client;
  private SSLContext context;

  /**
   * @param proxy null for none
   */
  public GatewayHttp(GatewayTrust trust, Proxy proxy) {
    this.trust = trust;
    this.proxy = proxy;
  }

  /**
   * The client for the next request; another one when what it trusts has changed.
   *
   * @throws ai.vespid.agent.AgentFailure when nothing can be trusted any more
   */
  public synchronized HttpClient client() {
    var now = trust.context();
    if (client != null && now == context) return client;
    var builder =
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(CONNECT_MAX);
    if (now != null) builder.sslContext(now);
    if (proxy != null) proxy.use(builder);
    context = now;
    client = builder.build();
    return client;
  }
}
