package ai.vespid.server;

import ai.vespid.kit.node.ConfigurationException;
import io.vertx.core.json.JsonObject;
import java.io.PrintWriter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A tour of a running {@code vespid up}; fails when an answer is not as it should be. */
@Command(name = "demo", description = "Shows what a running \"vespid up\" does.")
final class DemoCommand implements Callable<Integer> {
  private static final int TIMEOUT_MS = 30_000;
  private static final Duration RESULT_MAX = Duration.ofSeconds(30);
  private static final long LOOK_NANOS = 100_000_000;

  @Spec private CommandSpec spec;

  private final Map<String, String> variables;
  private Running running;
  private Calls calls;
  private int wrong;

  DemoCommand(Map<String, String> variables) {
    this.variables = variables;
  }

  @Override
  public Integer call() {
    var home = Home.of(variables);
    running = Running.load(home);
    var environment = new HashMap<>(Secrets.loadOrCreate(home));
    environment.putAll(variables);
    try (var opened = new Calls(environment.get("GATEWAY_SERVICE_TOKEN"))) {
      calls = opened;
      if (calls.get(running.gatewayUrl() + "/healthz").status() == 0) {
        throw new ConfigurationException(
            "nothing answers at " + running.gatewayUrl() + "; start it with: vespid up");
      }
      agents(environment.get(Secrets.OWNER_PASSWORD));
      synchronous();
      asynchronous();
      failing();
      timeout();
    }
    out().println(wrong == 0 ? "\nAll as it should be." : "\n" + wrong + " not as it should be.");
    out().flush();
    return wrong == 0 ? 0 : 1;
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  private void title(String text) {
    out().println("\n== " + text);
    out().flush();
  }

  private Calls.Reply show(Calls.Reply reply) {
    out().println("   " + reply.status() + " " + reply.body().encode());
    return reply;
  }

  private void expect(boolean met, String text) {
    out().println((met ? "   ok: " : "   NOT OK: ") + text);
    if (!met) wrong++;
  }

  private void agents(String password) {
    title("The agents of your organization, as the owner sees them");
    var login =
        calls.post(
            running.apiUrl() + "/v1/auth/login",
            Map.of(),
            new JsonObject().put("email", running.ownerEmail()).put("password", password));
    var token = token(login.body());
    var organization = running.organizationId();
    var list =
        show(
            calls.get(
                running.apiUrl() + "/v1/orgs/" + organization + "/agents",
                Map.of("authorization", "Bearer " + token, "x-org-id", organization)));
    expect(list.body().encode().contains("online"), "one of them is online");
  }

  private static String token(JsonObject login) {
    var session = login.getValue("session");
    return session instanceof JsonObject object
        ? object.getString("token", "")
        : login.getString("accessToken", login.getString("token", ""));
  }

  private Calls.Reply dispatch(String script, String path, String runId, int timeoutMs) {
    out().println("   $ " + script);
    return show(
        calls.post(
            running.gatewayUrl() + "/internal/v1/" + path,
            running.shell(script, runId, timeoutMs)));
  }

  private void synchronous() {
    title("A shell task, run by the agent, answered at once");
    var run = UUID.randomUUID().toString();
    var script = "echo hello from process $$; echo and a warning >&2; echo data > file.txt; cat *";
    var first = dispatch(script, "dispatch", run, TIMEOUT_MS);
    expect(first.field("status").equals("succeeded"), "it succeeded");
    expect(first.field("output").contains("hello from process"), "its output came back");
    title("The same dispatch again: the stored answer, the script does not run twice");
    var second = dispatch(script, "dispatch", run, TIMEOUT_MS);
    expect(second.field("output").equals(first.field("output")), "the same process number");
  }

  private void asynchronous() {
    title("Without waiting: accepted, explained, read when ready");
    var run = UUID.randomUUID().toString();
    var accepted = dispatch("sleep 1; echo done", "dispatch-async", run, TIMEOUT_MS);
    expect(accepted.status() == 201, "accepted, and safe in the database");
    var id = URLEncoder.encode(accepted.field("requestId"), StandardCharsets.UTF_8);
    var explain =
        show(calls.get(running.gatewayUrl() + "/internal/v1/dispatches/" + id + "/explain"));
    expect(explain.status() == 200, "where it is, and why");
    long limit = System.nanoTime() + RESULT_MAX.toNanos();
    var url = running.gatewayUrl() + "/internal/v1/results/" + id;
    var result = calls.get(url);
    while (result.status() != 200 && System.nanoTime() < limit) {
      LockSupport.parkNanos(LOOK_NANOS);
      result = calls.get(url);
    }
    show(result);
    expect(result.field("output").contains("done"), "its result was read");
  }

  private void failing() {
    title("A script that fails");
    var reply =
        dispatch(
            "echo about to fail; exit 3", "dispatch", UUID.randomUUID().toString(), TIMEOUT_MS);
    expect(reply.field("status").equals("failed"), "it failed");
    expect(reply.field("error").contains("3"), "with its exit code");
  }

  private void timeout() {
    title("A script that takes longer than it may");
    long begun = System.nanoTime();
    var reply = dispatch("sleep 60", "dispatch", UUID.randomUUID().toString(), 2_000);
    long seconds = Duration.ofNanos(System.nanoTime() - begun).toSeconds();
    expect(!reply.field("status").equals("succeeded"), "it was ended");
    expect(seconds < 20, "in time");
  }
}
