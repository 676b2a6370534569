package ai.vespid.agent.command;

import ai.vespid.agent.plugin.CommandPlugin;
import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.agent.sandbox.ScriptProcess;
import ai.vespid.agent.session.Bounds;
import ai.vespid.agent.session.Folders;
import ai.vespid.agent.session.MemoryProvider;
import ai.vespid.agent.session.Providers;
import ai.vespid.agent.session.SessionStore;
import ai.vespid.agent.session.Sessions;
import ai.vespid.agent.session.WorkspaceDisks;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.command.CommandCall;
import ai.vespid.protocol.command.CommandResult;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;

/** A node with sessions in memory, spoken to as its one executor is. */
public final class Site {
  public static final String NODE = "33333333-3333-4333-8333-333333333333";

  public final MemoryProvider memory = new MemoryProvider();
  public final Node node;
  private int ids;

  public Site(Path directory, CommandPolicy policy, Bounds bounds) throws IOException {
    this(directory, policy, bounds, Map.of());
  }

  public Site(
      Path directory, CommandPolicy policy, Bounds bounds, Map<String, CommandPlugin> plugins)
      throws IOException {
    var processes = new ScriptProcess("boot", 300, System.getenv("PATH"));
    var providers = new Providers(List.of(memory), "memory", InstantSource.system());
    var sessions =
        new Sessions(
            providers,
            new SessionStore(directory.resolve("state")),
            bounds,
            new Folders(List.of(directory.resolve("files"))),
            new WorkspaceDisks(directory.resolve("disks"), processes, System.getenv("PATH")));
    node =
        new Node(
            new Node.Parts(
                NODE,
                "1.0.0",
                policy,
                sessions,
                directory.resolve("hooks"),
                plugins,
                processes,
                directory));
    sessions.restore();
  }

  public Site(Path directory) throws IOException {
    this(directory, CommandPolicy.ALL, new Bounds(1_000, 0, 0, 0));
  }

  /** Arguments in JSON with apostrophes for quotes. */
  public CommandResult run(String name, String args) {
    return run(name, args, null);
  }

  public CommandResult run(String name, String args, String secret) {
    var call = new CommandCall("c" + ids++, name, RawJson.of(args.replace('\'', '"')));
    return node.desk().run(call, secret, 20_000, 4_096, new Cancellation());
  }

  public static JsonNode output(CommandResult result) {
    return Json.read(result.output().bytes(), JsonNode.class);
  }
}
