package ai.vespid.agent.command;

import ai.vespid.agent.sandbox.ShellOutput;
import ai.vespid.agent.session.SessionFailed;
import ai.vespid.agent.session.SessionProvider.Call;
import ai.vespid.agent.session.Sessions;
import ai.vespid.protocol.Timestamps;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** {@code session.*}: create, start, stop, destroy, list, exec (seed 002). */
final class SessionCommands {
  private static final long MIB = 1024L * 1024;

  private final Sessions sessions;
  private final CommandPolicy policy;

  SessionCommands(Sessions sessions, CommandPolicy policy) {
    this.sessions = sessions;
    this.policy = policy;
  }

  Map<String, Handler> handlers() {
    return Map.of(
        "session.create", this::create,
        "session.start", this::start,
        "session.stop", this::stop,
        "session.destroy", this::destroy,
        "session.list", this::list,
        "session.exec", this::exec);
  }

  /**
   * A session as answers show it.
   *
   * @param diskMb null where it may fill the disk that its workspace is on
   */
  record Shown(
      String id,
      String provider,
      String status,
      String workspace,
      String image,
      Map<String, Integer> services,
      Map<String, String> labels,
      long memoryMb,
      double cpus,
      Long diskMb,
      boolean network,
      String createdAt) {}

  static Shown shown(Sessions.View view) {
    var record = view.record();
    return new Shown(
        record.id(),
        record.provider(),
        record.state().name().toLowerCase(Locale.ROOT),
        record.workspace(),
        record.image(),
        view.ports(),
        record.labels(),
        record.quota().memoryBytes() / MIB,
        record.quota().nanoCpus() / 1e9,
        record.quota().diskBytes() == 0 ? null : (Long) (record.quota().diskBytes() / MIB),
        record.network(),
        Timestamps.iso(record.createdAt()));
  }

  private record Done(String message, Shown session) {}

  private static Outcome done(String id, String what, Sessions.View view) {
    return Outcome.success(new Done("Session " + id + " " + what + " successfully", shown(view)));
  }

  private Outcome create(Request request) throws SessionFailed, IOException, InterruptedException {
    var provider = request.text("provider");
    if (!sessions.providers().allows(provider)) {
      return Outcome.denied("PROVIDER_NOT_ALLOWED", "provider " + provider + " not available");
    }
    var wish =
        new Sessions.Wish(
            request.text("session_id"),
            request.text("workspace_path"),
            provider,
            request.text("image"),
            request.texts("env"),
            request.numbers("services"),
            request.text("network") == null
                ? null
                : (Boolean) request.text("network").equals("enabled"),
            mib(request.number("memory_mb")),
            nanoCpus(request.decimal("cpus")),
            mib(request.number("disk_mb")),
            Map.of());
    return done(
        wish.id(), "created", failing("create", () -> sessions.create(wish, request.time())));
  }

  static Long mib(Long number) {
    return number == null ? null : (Long) (number * MIB);
  }

  static Long nanoCpus(Double cpus) {
    return cpus == null ? null : (Long) BigDecimal.valueOf(cpus).movePointRight(9).longValue();
  }

  /** Something about sessions that may fail. */
  @FunctionalInterface
  interface Act<T> {
    T now() throws SessionFailed, IOException, InterruptedException;
  }

  /** What goes wrong while it is done is told with what was to be done. */
  static <T> T failing(String verb, Act<T> act)
      throws SessionFailed, IOException, InterruptedException {
    try {
      return act.now();
    } catch (SessionFailed e) {
      boolean told =
          e.timeout() || e.getMessage().matches("(session|provider) \\S+ .*|[A-Z_]{4,}.*");
      throw told ? e : new SessionFailed("failed to " + verb + " session: " + e.getMessage());
    } catch (IOException e) {
      throw new SessionFailed("failed to " + verb + " session: " + e.getClass().getSimpleName());
    }
  }

  private Outcome start(Request request) throws SessionFailed, IOException, InterruptedException {
    var id = request.text("session_id");
    return done(id, "started", failing("start", () -> sessions.start(id, request.time())));
  }

  private Outcome stop(Request request) throws SessionFailed, IOException, InterruptedException {
    var id = request.text("session_id");
    return done(id, "stopped", failing("stop", () -> sessions.stop(id, request.time())));
  }

  private Outcome destroy(Request request) throws SessionFailed, IOException, InterruptedException {
    var id = request.text("session_id");
    failing("destroy", () -> sessions.destroy(id, request.time()));
    return Outcome.success(Map.of("message", "Session " + id + " destroyed successfully"));
  }

  private Outcome list(Request request) throws InterruptedException {
    sessions.compare();
    var shown = new LinkedHashMap<String, Shown>();
    for (var view : sessions.list()) shown.put(view.record().id(), shown(view));
    return Outcome.success(shown);
  }

  private Outcome exec(Request request) throws SessionFailed, IOException, InterruptedException {
    var program = request.program("command");
    if (!policy.allowsProgram(program.getFirst())) {
      return Outcome.denied(
          "PROGRAM_NOT_ALLOWED", "this agent does not run " + program.getFirst() + " in sessions");
    }
    var own = request.number("timeout_ms");
    long timeoutMs = own == null ? request.timeoutMs() : Math.min(own, request.timeoutMs());
    var call =
        new Call(
            program,
            request.texts("env"),
            timeoutMs,
            request.outputCharsMax(),
            request.cancellation());
    var id = request.text("session_id");
    return outcome(failing("exec in", () -> sessions.exec(id, call)));
  }

  private static Outcome outcome(ShellOutput output) {
    if (output.timedOut()) return Outcome.timeout("its time was up and it was killed", output);
    if (output.exitCode() == null) return Outcome.failed("CANCELED", "it was cancelled", output);
    return output.exitCode() == 0
        ? Outcome.success(output)
        : Outcome.failed(
            "EXIT_CODE:" + output.exitCode(), "exit code " + output.exitCode(), output);
  }
}
