package ai.vespid.worker.outbound;

import ai.vespid.protocol.connector.HttpCall;
import ai.vespid.worker.outbound.CallFailed.Reason;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.client.HttpResponse;
import io.vertx.ext.web.client.WebClient;
import io.vertx.ext.web.client.WebClientOptions;
import io.vertx.ext.web.client.impl.ClientPhase;
import io.vertx.ext.web.client.impl.HttpContext;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Sends requests to services outside. A name is looked up once, what it leads to is judged, and the
 * connection goes to the very address that was judged: a name that changes its mind in between (DNS
 * rebinding) gains nothing. Redirects are followed here, each judged like the first, and another
 * origin is sent neither credentials nor cookies.
 */
public final class Outbound {
  private static final int REDIRECTS_MAX = 5;
  private static final int CONNECTIONS_MAX = 50;
  private static final int IDLE_SECONDS_MAX = 600;
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
  private static final Set<String> FOR_ONE_ORIGIN = Set.of("authorization", "cookie");
  private static final Set<String> OF_A_BODY = Set.of("content-type", "content-encoding");

  private final Vertx vertx;
  private final WebClient client;
  private final OutboundRules rules;
  private final Names names;
  private final InstantSource clock;
  private final int responseBytesMax;

  /** How a name becomes addresses; blocks. */
  public interface Names {
    InetAddress[] of(String host) throws UnknownHostException;
  }

  /** One request of a call and what is left of its time. */
  private record Hop(HttpCall call, URI uri, long deadlineMs, int redirects, boolean judged) {}

  public Outbound(
      Vertx vertx, OutboundRules rules, Names names, InstantSource clock, int responseBytesMax) {
    this.vertx = vertx;
    this.rules = rules;
    this.names = names;
    this.clock = clock;
    this.responseBytesMax = responseBytesMax;
    // The pool is per address; a limit keeps one workflow from opening connections without end.
    client =
        WebClient.create(
            vertx,
            new WebClientOptions()
                .setFollowRedirects(false)
                .setUserAgent("vespid-worker")
                .setDecompressionSupported(false)
                .setIdleTimeout(IDLE_SECONDS_MAX)
                .setConnectTimeout((int) Duration.ofSeconds(10).toMillis()),
            new PoolOptions().setHttp1MaxSize(CONNECTIONS_MAX));
    client.addInterceptor(Outbound::closeWhatFailed);
  }

  // An answer that is cut off would otherwise go on arriving, or keep its connection for ever.
  private static void closeWhatFailed(HttpContext<?> exchange) {
    var response = exchange.clientResponse();
    if (exchange.phase() == ClientPhase.FAILURE && response != null) {
      response.request().connection().close();
    }
    exchange.next();
  }

  /** Calls what a workflow names. Fails with {@link CallFailed}. */
  public Future<HttpCall.Answer> send(HttpCall call, Duration timeout) {
    return begin(call, timeout, true);
  }

  /** Calls what the operator of this worker has named: any address, and no redirect. */
  public Future<HttpCall.Answer> sendTrusted(HttpCall call, Duration timeout) {
    return begin(call, timeout, false);
  }

  private Future<HttpCall.Answer> begin(HttpCall call, Duration timeout, boolean judged) {
    var deadline = clock.millis() + timeout.toMillis();
    var whole = hop(new Hop(call, uri(call.url()), deadline, 0, judged));
    return whole
        .timeout(Math.max(1, timeout.toMillis()), TimeUnit.MILLISECONDS)
        .recover(cause -> Future.failedFuture(reasonOf(cause)));
  }

  private static CallFailed reasonOf(Throwable cause) {
    return switch (cause) {
      case CallFailed known -> known;
      case TimeoutException _ -> new CallFailed(Reason.TIMEOUT);
      default -> new CallFailed(Reason.UNREACHABLE);
    };
  }

  private static URI uri(String url) {
    try {
      var uri = URI.create(url);
      var scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
      boolean http = scheme.equals("http") || scheme.equals("https");
      return http && uri.getHost() != null && uri.getUserInfo() == null ? uri : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private Future<HttpCall.Answer> hop(Hop hop) {
    if (hop.uri == null || hop.judged && !rules.allows(host(hop.uri))) return refused();
    Callable<InetAddress[]> look = () -> names.of(host(hop.uri));
    return vertx
        .executeBlocking(look, false)
        .compose(addresses ->
            hop.judged && !rules.allows(addresses) ? refused() : to(addresses[0], hop));
  }

  private static <T> Future<T> refused() {
    return Future.failedFuture(new CallFailed(Reason.NOT_ALLOWED));
  }

  // An IPv6 address stands in brackets in an address.
  private static String host(URI uri) {
    return uri.getHost().replaceAll("[\\[\\]]", "");
  }

  private Future<HttpCall.Answer> to(InetAddress address, Hop hop) {
    var secure = hop.uri.getScheme().equalsIgnoreCase("https");
    int port = hop.uri.getPort() >= 0 ? hop.uri.getPort() : secure ? 443 : 80;
    long left = hop.deadlineMs - clock.millis();
    if (left <= 0) return Future.failedFuture(new CallFailed(Reason.TIMEOUT));
    var options =
        new RequestOptions()
            .setHost(host(hop.uri))
            .setPort(port)
            .setSsl(secure)
            .setURI(target(hop.uri));
    var server = SocketAddress.inetSocketAddress(new InetSocketAddress(address, port));
    var request =
        client
            .request(HttpMethod.valueOf(hop.call.method()), server, options)
            .timeout(left)
            .as(new LimitedBody(responseBytesMax, hop.deadlineMs, clock));
    hop.call.headers().forEach(request::putHeader);
    var body = hop.call.body();
    var sent = body.length == 0 ? request.send() : request.sendBuffer(Buffer.buffer(body));
    return sent.compose(response -> answered(hop, response));
  }

  private static String target(URI uri) {
    var path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
    return uri.getRawQuery() == null ? path : path + '?' + uri.getRawQuery();
  }

  private Future<HttpCall.Answer> answered(Hop hop, HttpResponse<Buffer> response) {
    var location = response.getHeader("location");
    if (hop.judged && location != null && REDIRECTS.contains(response.statusCode())) {
      if (hop.redirects == REDIRECTS_MAX) {
        return Future.failedFuture(new CallFailed(Reason.TOO_MANY_REDIRECTS));
      }
      return hop(redirected(hop, location, response.statusCode()));
    }
    var headers = new HashMap<String, String>();
    response
        .headers()
        .forEach((name, value) ->
            headers.merge(name.toLowerCase(Locale.ROOT), value, (a, b) -> a + ", " + b));
    var bytes = response.body() == null ? new byte[0] : response.body().getBytes();
    return Future.succeededFuture(new HttpCall.Answer(response.statusCode(), headers, bytes));
  }

  private static Hop redirected(Hop hop, String location, int status) {
    var next = uri(resolved(hop.uri, location));
    var call = hop.call;
    boolean keepsBody = status == 307 || status == 308 || call.body().length == 0;
    var headers = new HashMap<>(call.headers());
    if (next == null || !sameOrigin(hop.uri, next)) headers.keySet().removeAll(FOR_ONE_ORIGIN);
    if (!keepsBody) headers.keySet().removeAll(OF_A_BODY);
    var method =
        status == 307 || status == 308 || call.method().equals("HEAD") ? call.method() : "GET";
    var body = keepsBody ? call.body() : new byte[0];
    return new Hop(
        new HttpCall(method, location, Map.copyOf(headers), body),
        next,
        hop.deadlineMs,
        hop.redirects + 1,
        true);
  }

  private static String resolved(URI from, String location) {
    try {
      return from.resolve(location).toString();
    } catch (IllegalArgumentException e) {
      return "";
    }
  }

  private static boolean sameOrigin(URI a, URI b) {
    return a.getScheme().equalsIgnoreCase(b.getScheme())
        && a.getHost().equalsIgnoreCase(b.getHost())
        && a.getPort() == b.getPort();
  }
}
