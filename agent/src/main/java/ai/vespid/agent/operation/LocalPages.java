package ai.vespid.agent.operation;

import ai.vespid.protocol.Json;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.Supplier;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * {@code /health}, {@code /live} and {@code /metrics} for this machine alone: it listens on the
 * loopback address, and answers no page of a browser that found its way here by another name.
 */
public final class LocalPages {
  private static final String LOOPBACK = "127.0.0.1";
  private static final Page NOT_FOUND = new Page(404, "text/plain", "not found\n");

  private final Supplier<AgentStatus> status;
  private final Meters meters;
  private final boolean diagnostics;
  private final Recorder recorder = new Recorder();

  /**
   * @param status blocks
   * @param diagnostics whether {@code /debug} is served
   */
  public LocalPages(Supplier<AgentStatus> status, Meters meters, boolean diagnostics) {
    this.status = status;
    this.meters = meters;
    this.diagnostics = diagnostics;
  }

  /** Begins to listen. Blocks; throws when the port is taken. */
  public HttpServer listen(Vertx vertx, int port) {
    return vertx
        .createHttpServer()
        .requestHandler(request -> {
          if (!meantForUs(request)) answer(request, new Page(403, "text/plain", "forbidden\n"));
          // Not on the loop: some pages ask it and wait.
          else if (diagnostics && request.path().equals("/debug/jfr")) {
            Thread.ofVirtual().name("page").start(() -> recording(request));
          } else Thread.ofVirtual().name("page").start(() -> answer(request, page(request.path())));
        })
        .listen(port, LOOPBACK)
        .await();
  }

  // What the agent does for the next seconds, as Java's flight recorder writes it.
  private void recording(HttpServerRequest request) {
    var seconds = request.getParam("seconds");
    try {
      boolean told = seconds != null && seconds.matches("\\d{1,3}");
      var file = recorder.record(told ? Integer.parseInt(seconds) : 10);
      if (file == null) {
        answer(request, new Page(409, "text/plain", "another recording is under way\n"));
        return;
      }
      request
          .response()
          .putHeader("content-type", "application/octet-stream")
          .putHeader("content-disposition", "attachment; filename=\"agent.jfr\"")
          .sendFile(file.toString())
          .onComplete(_ -> file.toFile().delete());
    } catch (IOException | RuntimeException e) {
      answer(request, new Page(500, "text/plain", "this Java records nothing\n"));
    }
  }

  private record Page(int code, String type, String text) {
    static Page text(String text) {
      return new Page(200, "text/plain; charset=utf-8", text);
    }
  }

  private static boolean meantForUs(HttpServerRequest request) {
    var authority = request.authority();
    return request.method().equals(HttpMethod.GET)
        && authority != null
        && authority.host().matches("127\\.0\\.0\\.1|localhost|\\[?::1\\]?");
  }

  private Page page(String path) {
    return switch (path) {
      case "/live" -> Page.text("live\n");
      case "/health" -> health();
      case "/metrics" ->
          new Page(
              200,
              "text/plain; version=0.0.4",
              meters.prometheus(
                  status.get(), Math.max(0, new Machine.Reader(Path.of("/")).resident())));
      case "/debug/threads" -> diagnostics ? Page.text(threads()) : NOT_FOUND;
      case "/debug/heap" -> diagnostics ? Page.text(heap()) : NOT_FOUND;
      default -> NOT_FOUND;
    };
  }

  private Page health() {
    var now = status.get();
    var json = new String(Json.write(now), StandardCharsets.UTF_8);
    return new Page(now.healthy() ? 200 : 503, "application/json", json);
  }

  private static void answer(HttpServerRequest request, Page page) {
    request
        .response()
        .setStatusCode(page.code())
        .putHeader("content-type", page.type())
        .putHeader("cache-control", "no-store")
        .end(page.text());
  }

  private static String threads() {
    var text = new StringBuilder();
    for (var thread : ManagementFactory.getThreadMXBean().dumpAllThreads(true, true)) {
      text.append(thread);
    }
    return text.toString();
  }

  private static String heap() {
    try {
      return (String)
          ManagementFactory.getPlatformMBeanServer()
              .invoke(
                  new ObjectName("com.sun.management:type=DiagnosticCommand"),
                  "gcClassHistogram",
                  new Object[] {new String[0]},
                  new String[] {String[].class.getName()});
    } catch (JMException e) {
      return "this Java tells nothing of its heap\n";
    }
  }
}
