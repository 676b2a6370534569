package ai.vespid.agent.engine;

import ai.vespid.agent.engine.Login.Reason;
import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.agent.sandbox.ScriptProcess;
import ai.vespid.agent.sandbox.ScriptProcess.Program;
import ai.vespid.agent.sandbox.ShellOutput;
import ai.vespid.agent.workspace.Deletion;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One engine on this machine. A run that fails is never tried again with other arguments: what it
 * did it would do twice (E8).
 *
 * <p>Safe for use by many threads.
 */
final class EngineProgram {
  private static final Logger LOG = LoggerFactory.getLogger(EngineProgram.class);
  private static final int RAW_CHARS_MAX = 20_000;
  private static final int COMPLAINT_CHARS_MAX = 500;

  /** Not the agent's whole environment (D10): what a program needs to run and to reach its API. */
  private static final List<String> INHERITED =
      List.of(
          "PATH",
          "HOME",
          "USER",
          "TMPDIR",
          "LANG",
          "LC_ALL",
          "HTTPS_PROXY",
          "HTTP_PROXY",
          "NO_PROXY",
          "https_proxy",
          "http_proxy",
          "no_proxy",
          "NODE_EXTRA_CA_CERTS",
          "SSL_CERT_FILE");

  private final EngineCli cli;
  private final EngineSettings settings;
  private final ScriptProcess processes;
  private final Path scratchRoot;
  private final UnaryOperator<String> environment;
  private final Semaphore places;
  private volatile Login login = Login.NOT_CHECKED;

  EngineProgram(
      EngineCli cli,
      EngineSettings settings,
      ScriptProcess processes,
      Path scratchRoot,
      UnaryOperator<String> environment) {
    this.cli = cli;
    this.settings = settings;
    this.processes = processes;
    this.scratchRoot = scratchRoot;
    this.environment = environment;
    this.places = new Semaphore(settings.concurrency(), true);
  }

  EngineCli cli() {
    return cli;
  }

  Login login() {
    return login;
  }

  /** Looks for the program and asks it whether it has a login. Blocks. */
  void probe() throws InterruptedException {
    var found = look();
    if (!found.same(login)) tell(found);
    login = found;
  }

  private void tell(Login found) {
    // Most machines have no more than one of them.
    boolean absent = !found.found() && !login.found();
    var level = absent ? LOG.atDebug() : found.verified() ? LOG.atInfo() : LOG.atWarn();
    level
        .addKeyValue("engine", cli.name())
        .addKeyValue("cause", found.reason().wire())
        .log(found.verified() ? "an engine can run here" : "an engine has no login here");
  }

  private Login look() throws InterruptedException {
    var program = program();
    if (program == null) return new Login(null, false, Reason.CLI_NOT_FOUND, Instant.now());
    if (cli.verification().isEmpty()) {
      return new Login(program, true, Reason.NOT_REQUIRED, Instant.now());
    }
    boolean key = cli.keys().stream().anyMatch(name -> environment.apply(name) != null);
    var reason = key ? Reason.VERIFIED : verify(program);
    return new Login(program, reason == Reason.VERIFIED, reason, Instant.now());
  }

  private String program() {
    var path = settings.paths().getOrDefault(cli.name(), cli.name());
    if (!path.contains("/")) return ScriptProcess.find(path, environment.apply("PATH"));
    return Files.isExecutable(Path.of(path)) ? path : null;
  }

  private Reason verify(String program) throws InterruptedException {
    var command = new ArrayList<>(List.of(program));
    command.addAll(cli.verification());
    try {
      var output =
          processes.run(
              new Program(
                  cli.name(),
                  settings.verifications().getOrDefault(cli.name(), command),
                  scratchRoot,
                  variables(Map.of(), true),
                  settings.probeMax().toMillis(),
                  0),
              new Cancellation());
      if (output.timedOut()) return Reason.PROBE_TIMEOUT;
      boolean good = output.exitCode() != null && output.exitCode() == 0;
      return good ? Reason.VERIFIED : Reason.UNAUTHENTICATED;
    } catch (IOException e) {
      return Reason.CLI_NOT_FOUND;
    }
  }

  /** Blocks until the engine, and all it started, is gone. */
  EngineAnswer run(EngineCall call, EventStream events, Cancellation cancellation)
      throws EngineFailed, IOException, InterruptedException {
    var known = login;
    if (!known.found()) throw new EngineFailed(ErrorCode.EXECUTOR_CLI_NOT_FOUND.with(cli.name()));
    // Never with another login than the one that was meant (D16).
    if (call.key() == null && !known.verified()) {
      throw new EngineFailed(ErrorCode.EXECUTOR_OAUTH_NOT_VERIFIED.with(known.reason().wire()));
    }
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(call.timeoutMs());
    if (!places.tryAcquire(call.timeoutMs(), TimeUnit.MILLISECONDS)) {
      throw new EngineFailed(ErrorCode.NODE_EXECUTION_TIMEOUT.name());
    }
    var scratch = Files.createTempDirectory(scratchRoot, "run-");
    try {
      long leftMs = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      return talk(known.program(), call, scratch, Math.max(1, leftMs), events, cancellation);
    } finally {
      places.release();
      Deletion.of(scratch);
    }
  }

  private EngineAnswer talk(
      String program,
      EngineCall call,
      Path scratch,
      long timeoutMs,
      EventStream events,
      Cancellation cancellation)
      throws EngineFailed, IOException, InterruptedException {
    var launch = cli.launch(call, scratch);
    var command = new ArrayList<>(List.of(program));
    command.addAll(launch.arguments());
    var variables = variables(launch.environment(), call.key() == null);
    if (call.key() != null) variables.put("HOME", scratch.toString());
    events.event("agent.start", Map.of("engine", cli.id()));
    var ended = new Cancellation();
    cancellation.onCancel(ended::cancel);
    var transcript = new Transcript(call, events, ended::cancel);
    var output =
        processes.run(
            new Program(
                cli.name(),
                command,
                directory(call, scratch),
                variables,
                timeoutMs,
                RAW_CHARS_MAX,
                call.prompt().getBytes(StandardCharsets.UTF_8)),
            line -> read(line, transcript),
            ended);
    var raw = new EngineAnswer.Raw(output.stdout(), output.stderr());
    var answer = transcript.answer(cli.id(), raw);
    var error =
        cancellation.cancelled() ? ErrorCode.DISPATCH_CANCELED.name() : error(transcript, output);
    if (error != null) throw new EngineFailed(error, answer);
    events.last("agent.final", transcript.told());
    return answer;
  }

  private static Path directory(EngineCall call, Path scratch) throws IOException {
    return call.directory() == null
        ? Files.createDirectory(scratch.resolve("work"))
        : call.directory();
  }

  private void read(String line, Transcript transcript) {
    try {
      cli.read(Json.read(line.getBytes(StandardCharsets.UTF_8), JsonNode.class), transcript);
    } catch (InvalidMessage e) {
      // Not JSON: a warning of the program, or of what it runs on.
      LOG.atDebug().addKeyValue("engine", cli.name()).log("a line was ignored");
    } catch (RuntimeException e) {
      LOG.atWarn()
          .addKeyValue("engine", cli.name())
          .addKeyValue("cause", e.getClass().getSimpleName())
          .log("a line could not be read");
    }
  }

  private static String error(Transcript transcript, ShellOutput output) {
    if (transcript.stopped() != null) return transcript.stopped();
    if (output.timedOut()) return ErrorCode.NODE_EXECUTION_TIMEOUT.name();
    if (transcript.succeeded() && Integer.valueOf(0).equals(output.exitCode())) return null;
    var complaint = transcript.complaint();
    if (complaint == null || complaint.isBlank()) complaint = output.stderr().strip();
    if (complaint.isEmpty()) complaint = "ended with " + output.exitCode() + " and no answer";
    return ErrorCode.EXECUTOR_CLI_FAILED.with(
        complaint.substring(0, Math.min(COMPLAINT_CHARS_MAX, complaint.length())));
  }

  private Map<String, String> variables(Map<String, String> own, boolean withLogin) {
    var variables = new HashMap<String, String>();
    INHERITED.forEach(name -> inherit(variables, name));
    settings.passed().forEach(name -> inherit(variables, name));
    if (withLogin) cli.environment().forEach(name -> inherit(variables, name));
    variables.putAll(own);
    return variables;
  }

  private void inherit(Map<String, String> variables, String name) {
    var value = environment.apply(name);
    if (value != null) variables.put(name, value);
  }
}
