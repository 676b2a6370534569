package ai.vespid.server;

import ai.vespid.kit.node.ConfigurationException;
import ai.vespid.protocol.engine.NodeEngine;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** A conversation in the terminal, over the control API and {@code /ws/client}. */
@Command(
    name = "chat",
    description = {
      "A conversation with an engine on your agent's host: a line is a message.",
      "Ctrl-C ends the turn that is under way, or the program when there is none; so does Ctrl-D."
    })
final class ChatCommand implements Callable<Integer> {
  private static final long LOOK_NANOS = 50_000_000;
  private static final JsonObject PATIENT =
      new JsonObject().put("timeoutMs", 600_000).put("maxTurns", 64).put("maxToolCalls", 200);

  @Option(names = "--session", description = "goes on with this one instead of a new one")
  private String session;

  @Option(
      names = "--engine",
      defaultValue = "scripted",
      description =
          "who answers: llm.<provider>, gateway.claude.v2, gateway.codex.v2, gateway.opencode.v2"
              + " (default: ${DEFAULT-VALUE}, which needs no key)")
  private String engine;

  @Option(names = "--model", description = "which model answers (default: the engine's own)")
  private String model;

  @Option(names = "--secret", description = "id of the stored key it is asked with")
  private String secret;

  @Option(
      names = "--allow",
      split = ",",
      defaultValue = "shell.run",
      description = "tools it may use (default: ${DEFAULT-VALUE})")
  private List<String> allow;

  @Option(
      names = "--instructions",
      defaultValue = "Help the person you talk to.",
      description = "what the engine is told first")
  private String instructions;

  @Option(names = "--managed", description = "on a host of the managed pool only")
  private boolean managed;

  @Option(
      names = "--gateway",
      description = "ws://host:port/ws/client (default: that of the running vespid up)")
  private String gateway;

  @Mixin private OrganizationCalls.Target target;
  @Spec private CommandSpec spec;

  private final Map<String, String> variables;
  private final InputStream in;

  ChatCommand(Map<String, String> variables, InputStream in) {
    this.variables = variables;
    this.in = in;
  }

  @Override
  public Integer call() throws IOException {
    var url = gateway == null ? Running.load(Home.of(variables)).clientUrl() : gateway;
    var id = session == null ? created() : session;
    var out = spec.commandLine().getOut();
    out.println("session " + id + " (go on with it later: vespid chat --session " + id + ")");
    out.flush();
    var screen = new ChatScreen(out);
    try (var link = new ChatLink(url, id, this::headers, screen)) {
      opened(link, url);
      Interrupts.onInterrupt(() -> canceled(link, screen));
      talk(link, screen);
    }
    return 0;
  }

  private static void opened(ChatLink link, String url) {
    try {
      link.open();
    } catch (CompletionException e) {
      throw new ConfigurationException(
          "%s does not let us in: %s".formatted(url, e.getCause().getMessage()));
    }
  }

  private static boolean canceled(ChatLink link, ChatScreen screen) {
    if (!screen.busy()) return false;
    link.cancel();
    return true;
  }

  private void talk(ChatLink link, ChatScreen screen) throws IOException {
    var lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
    for (var line = lines.readLine(); line != null; line = lines.readLine()) {
      if (!line.isBlank()) link.say(line.strip());
    }
    // What was said last is still answered.
    while (screen.busy()) LockSupport.parkNanos(LOOK_NANOS);
  }

  private Map<String, String> headers() {
    try (var calls = target.open(variables)) {
      return calls.headers();
    }
  }

  private JsonObject engine() {
    var named = new JsonObject().put("id", engine);
    if (model != null) named.put("model", model);
    if (secret != null) named.put("auth", new JsonObject().put("secretId", secret));
    return named;
  }

  private String created() {
    var body =
        new JsonObject()
            .put("title", "vespid chat")
            .put("engine", engine())
            .put("prompt", new JsonObject().put("instructions", instructions))
            .put("tools", new JsonObject().put("allow", new JsonArray(allow)));
    // It works as long as a person watches; Ctrl-C ends it.
    if (NodeEngine.of(engine).isPresent()) body.put("limits", PATIENT);
    if (managed) body.put("executorSelector", new JsonObject().put("pool", "managed"));
    try (var calls = target.open(variables)) {
      return calls.post("/sessions", body).getJsonObject("session").getString("id");
    }
  }
}
