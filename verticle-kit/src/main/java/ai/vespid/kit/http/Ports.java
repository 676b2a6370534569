package ai.vespid.kit.http;

import ai.vespid.kit.node.ConfigurationException;
import ai.vespid.kit.node.FileWatch;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.Limits;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP ports of one process, shared by its verticles. A verticle mounts a path prefix while it
 * starts; when all have started, {@link #listen} opens the ports, so nothing is served half-built.
 *
 * <p>The owner of sockets listens on its own context, so that a socket's frames arrive where its
 * state lives; other handlers run on whichever context took the request and must hold no state of
 * their own. Without an owner of sockets the first one to mount listens.
 */
public final class Ports {
  private static final Logger LOG = LoggerFactory.getLogger(Ports.class);

  private record Mount(
      String prefix, Context context, boolean ownsSockets, Handler<HttpServerRequest> handler) {}

  private record Endpoint(String host, int port, String setting, List<Mount> mounts) {}

  private final Map<Integer, Endpoint> endpoints = new TreeMap<>();
  private final Map<Integer, ServerTls> secured = new HashMap<>();
  private final List<HttpServer> servers = new ArrayList<>();
  private volatile boolean leaving;
  private volatile boolean shut;

  /**
   * Serves {@code prefix} (longest wins) on a port.
   *
   * @param setting what a user changes when the port is taken
   */
  public synchronized void mount(
      Vertx vertx,
      String host,
      int port,
      String setting,
      String prefix,
      Handler<HttpServerRequest> handler) {
    add(vertx, host, port, setting, prefix, false, handler);
  }

  /** As {@link #mount}, for a verticle that upgrades requests to sockets. */
  public synchronized void mountSockets(
      Vertx vertx,
      String host,
      int port,
      String setting,
      String prefix,
      Handler<HttpServerRequest> handler) {
    add(vertx, host, port, setting, prefix, true, handler);
  }

  /** Serves everything on this port by TLS alone. */
  public synchronized void secure(int port, ServerTls tls) {
    secured.put(port, tls);
  }

  private void add(
      Vertx vertx,
      String host,
      int port,
      String setting,
      String prefix,
      boolean ownsSockets,
      Handler<HttpServerRequest> handler) {
    endpoints
        .computeIfAbsent(port, _ -> new Endpoint(host, port, setting, new ArrayList<>()))
        .mounts()
        .add(new Mount(prefix, vertx.getOrCreateContext(), ownsSockets, handler));
  }

  /** Opens every port that something was mounted on; fails naming the setting of a taken one. */
  public synchronized Future<Void> listen(Vertx vertx) {
    var opened = new ArrayList<Future<?>>();
    for (var endpoint : endpoints.values()) {
      var owners = endpoint.mounts().stream().filter(Mount::ownsSockets).toList();
      var contexts =
          (owners.isEmpty() ? endpoint.mounts().subList(0, 1) : owners)
              .stream().map(Mount::context).distinct().toList();
      for (var context : contexts) opened.add(open(vertx, endpoint, context));
    }
    return Future.all(opened).mapEmpty();
  }

  private Future<Void> open(Vertx vertx, Endpoint endpoint, Context context) {
    var routes = routesFor(endpoint, context);
    var done = Promise.<Void>promise();
    context.runOnContext(_ -> {
      var server = serverOf(vertx, endpoint.port());
      server
          // Taken by the kernel a moment before the port is closed: Vert.x would let it wait.
          .connectionHandler(connection -> {
            if (shut) connection.close();
          })
          .requestHandler(request -> dispatch(routes, request))
          .listen(endpoint.port(), endpoint.host())
          .recover(cause -> Future.failedFuture(explain(endpoint, cause)))
          .<Void>mapEmpty()
          .onComplete(done);
    });
    return done.future();
  }

  private synchronized HttpServer serverOf(Vertx vertx, int port) {
    var tls = secured.get(port);
    var options = options();
    if (tls == null) {
      var server = vertx.createHttpServer(options);
      servers.add(server);
      return server;
    }
    var server = vertx.createHttpServer(tls.applyTo(options));
    servers.add(server);
    FileWatch.start(
        vertx,
        tls.files(),
        () ->
            server
                .updateSSLOptions(tls.options(), true)
                .onSuccess(_ -> LOG.atInfo().addKeyValue("port", port).log("certificates renewed"))
                .onFailure(cause ->
                    LOG.atError()
                        .addKeyValue("port", port)
                        .addKeyValue("cause", cause.getMessage())
                        .log("new certificates cannot be used; the ones before stay")));
    return server;
  }

  // Longest prefix first; for sockets this context's own handler, else the first one mounted.
  private static List<Mount> routesFor(Endpoint endpoint, Context context) {
    var byPrefix = new TreeMap<String, Mount>();
    for (var mount : endpoint.mounts()) {
      if (mount.ownsSockets() && mount.context() != context) continue;
      byPrefix.putIfAbsent(mount.prefix(), mount);
    }
    return byPrefix.values().stream()
        .sorted((a, b) -> Integer.compare(b.prefix().length(), a.prefix().length()))
        .toList();
  }

  private void dispatch(List<Mount> routes, HttpServerRequest request) {
    if (leaving && !request.headers().contains(HttpHeaders.UPGRADE)) {
      request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    }
    var path = request.path();
    for (var mount : routes) {
      if (path != null && path.startsWith(mount.prefix())) {
        mount.handler().handle(request);
        return;
      }
    }
    Answers.error(request.response(), ErrorCode.NOT_FOUND, "no such path");
  }

  private static HttpServerOptions options() {
    return new HttpServerOptions()
        .setMaxWebSocketFrameSize(Limits.FRAME_BYTES_MAX)
        .setMaxWebSocketMessageSize(Limits.FRAME_BYTES_MAX)
        // An upgrade to HTTP/2 in clear text loses the body of the request that asks for it.
        .setHttp2ClearTextEnabled(false)
        .setPerFrameWebSocketCompressionSupported(false)
        .setPerMessageWebSocketCompressionSupported(false)
        .setMaxInitialLineLength(8 * 1024)
        .setMaxHeaderSize(32 * 1024)
        .setIdleTimeout(0)
        .setTcpNoDelay(true)
        .setReuseAddress(true)
        .setAcceptBacklog(4096);
  }

  private static Throwable explain(Endpoint endpoint, Throwable cause) {
    return cause instanceof BindException || cause.getCause() instanceof BindException
        ? taken(endpoint.port(), endpoint.setting())
        : cause;
  }

  private static ConfigurationException taken(int port, String setting) {
    return new ConfigurationException(
        "port %d is taken; choose another with %s".formatted(port, setting));
  }

  /**
   * Looks whether a port could be opened, before work is done that would be in vain.
   *
   * @throws ConfigurationException when it is taken
   */
  public static void requireFree(int port, String setting) {
    try (var probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(new InetSocketAddress(port));
    } catch (IOException e) {
      throw taken(port, setting);
    }
  }

  /** From now on every answer asks its caller to open another connection for the next request. */
  public void leave() {
    leaving = true;
  }

  /**
   * Refuses new connections. Done when all that is under way was answered, or cut off after {@code
   * max}.
   */
  public synchronized Future<Void> shutDown(Duration max) {
    shut = true;
    var closing =
        servers.stream()
            .<Future<?>>map(server -> server.shutdown(max.toMillis(), TimeUnit.MILLISECONDS))
            .toList();
    return Future.join(new ArrayList<>(closing)).mapEmpty();
  }

  /** Closes all ports; open sockets are closed with them. */
  public synchronized Future<Void> close() {
    var closing = servers.stream().<Future<?>>map(HttpServer::close).toList();
    servers.clear();
    return Future.join(new ArrayList<>(closing)).mapEmpty();
  }
}
