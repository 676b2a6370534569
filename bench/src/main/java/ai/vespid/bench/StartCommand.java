package ai.vespid.bench;

import ai.vespid.protocol.Json;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Time from exec to being of use, seen from outside: a server is ready when its health check says
 * so, an agent when the gateway lists a route more than before. What it starts it also stops.
 */
@Command(
    name = "start",
    description = "Time from exec to healthy and to connected; resident memory of processes.")
final class StartCommand implements Callable<Integer> {
  private static final long LOOK_NANOS = 2_000_000;

  @Spec private CommandSpec spec;

  @Option(names = "--server", description = "command line of the server, split at blanks")
  private String server;

  @Option(names = "--agent", description = "command line of the agent, split at blanks")
  private String agent;

  @Option(names = "--gateway", defaultValue = "http://localhost:3002")
  private String gateway;

  @Option(names = "--gateway-token", description = "to list routes; needed with --agent")
  private String gatewayToken;

  @Option(names = "--organization", description = "whose routes; needed with --agent")
  private String organization;

  @Option(names = "--pid", split = ",", description = "further processes to weigh")
  private List<Long> pids = List.of();

  @Option(names = "--bound", defaultValue = "120", description = "seconds until it has failed")
  private int boundSeconds;

  private final HttpClient http = HttpClient.newHttpClient();
  private final List<Process> started = new ArrayList<>();

  @Override
  public Integer call() {
    if (agent != null && (gatewayToken == null || organization == null)) {
      throw new IllegalArgumentException("--agent needs --gateway-token and --organization");
    }
    var figures = new LinkedHashMap<String, Object>();
    figures.put("scenario", "start");
    try {
      if (server != null) {
        figures.put("serverReadyMs", millisUntil(server, this::isHealthy));
      }
      if (agent != null) {
        int before = routes();
        figures.put("agentConnectedMs", millisUntil(agent, () -> routes() > before));
      }
      figures.put("residentMb", resident());
    } finally {
      started.reversed().forEach(StartCommand::stop);
    }
    return print(spec.commandLine().getOut(), figures);
  }

  private static int print(PrintWriter out, Map<String, Object> figures) {
    out.println(new String(Json.write(figures), StandardCharsets.UTF_8));
    out.println();
    out.println("| what | figure |\n| --- | --- |");
    figures.forEach((what, figure) -> out.println("| " + what + " | " + figure + " |"));
    out.flush();
    return 0;
  }

  private double millisUntil(String commandLine, BooleanSupplier reached) {
    long begin = System.nanoTime();
    var process = exec(commandLine);
    long limit = begin + Duration.ofSeconds(boundSeconds).toNanos();
    while (!reached.getAsBoolean()) {
      if (!process.isAlive()) {
        throw new IllegalStateException("it ended with code " + process.exitValue());
      }
      if (System.nanoTime() > limit) {
        throw new IllegalStateException("not ready after " + boundSeconds + " s");
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
    return Math.round((System.nanoTime() - begin) / 1e5) / 10.0;
  }

  private Process exec(String commandLine) {
    try {
      var process =
          new ProcessBuilder(commandLine.trim().split("\\s+"))
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      started.add(process);
      return process;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot be started", e);
    }
  }

  private boolean isHealthy() {
    return get("/healthz").status() == 200;
  }

  private int routes() {
    var answer = get("/internal/v1/executors/routes?organizationId=" + organization);
    if (answer.status() != 200) {
      throw new IllegalStateException("routes were answered " + answer.status());
    }
    return Json.read(answer.body(), JsonNode.class).path("routes").size();
  }

  private record Answer(int status, byte[] body) {}

  private Answer get(String path) {
    var request = HttpRequest.newBuilder(URI.create(gateway + path)).timeout(Duration.ofSeconds(5));
    if (gatewayToken != null) request.header("X-Gateway-Token", gatewayToken);
    try {
      var answer = http.send(request.build(), BodyHandlers.ofByteArray());
      return new Answer(answer.statusCode(), answer.body());
    } catch (IOException _) {
      // Nobody listens yet.
      return new Answer(0, new byte[0]);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private Map<String, Double> resident() {
    var megabytes = new LinkedHashMap<String, Double>();
    for (var process : started) {
      Memory.add(megabytes, process.toHandle());
      process.descendants().forEach(child -> Memory.add(megabytes, child));
    }
    pids.forEach(pid -> ProcessHandle.of(pid).ifPresent(p -> Memory.add(megabytes, p)));
    return megabytes;
  }

  private static void stop(Process process) {
    process.descendants().forEach(ProcessHandle::destroy);
    process.destroy();
    process
        .onExit()
        .orTimeout(30, TimeUnit.SECONDS)
        .exceptionally(_ -> process.destroyForcibly())
        .join();
  }
}
