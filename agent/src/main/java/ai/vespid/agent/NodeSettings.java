package ai.vespid.agent;

import ai.vespid.agent.command.CommandPolicy;
import ai.vespid.agent.command.Node;
import ai.vespid.agent.operation.Machine;
import ai.vespid.agent.plugin.Plugins;
import ai.vespid.agent.sandbox.Owner;
import ai.vespid.agent.sandbox.Sandboxes;
import ai.vespid.agent.sandbox.ScriptProcess;
import ai.vespid.agent.sandbox.docker.DockerSandbox;
import ai.vespid.agent.sandbox.lxc.LxcSandbox;
import ai.vespid.agent.sandbox.qemu.QemuSandbox;
import ai.vespid.agent.session.Bounds;
import ai.vespid.agent.session.Folders;
import ai.vespid.agent.session.Providers;
import ai.vespid.agent.session.SessionProvider;
import ai.vespid.agent.session.SessionStore;
import ai.vespid.agent.session.Sessions;
import ai.vespid.agent.session.WorkspaceDisks;
import ai.vespid.agent.settings.Problems;
import ai.vespid.agent.settings.Setting;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/** What the settings mean to commands and sessions. */
record NodeSettings(AgentSettings agent) {
  void check(Problems problems) {
    bounds(problems);
    for (var provider : providers()) {
      if (provider.equals("host") || !agent.allowedBackends().contains(provider)) {
        problems.add(
            Setting.SESSION_PROVIDERS.variable(), "names no backend of this agent: " + provider);
      }
    }
  }

  private List<String> list(Setting setting, String otherwise) {
    return agent.settings().list(setting, otherwise);
  }

  private List<String> providers() {
    if (agent.settings().text(Setting.SESSION_PROVIDERS).isPresent()) {
      return list(Setting.SESSION_PROVIDERS, "none");
    }
    return agent.allowedBackends().stream().filter(backend -> !backend.equals("host")).toList();
  }

  private String usualProvider() {
    if (providers().isEmpty() || providers().contains(agent.backend())) return agent.backend();
    return providers().getFirst();
  }

  private Bounds bounds(Problems problems) {
    if (agent.settings().text(Setting.SESSION_BOUNDS, "").equals("none")) {
      return new Bounds(0, 0, 0, 0);
    }
    return Bounds.read(
        list(Setting.SESSION_BOUNDS, "none"),
        Machine.allMemoryBytes(),
        Setting.SESSION_BOUNDS.variable(),
        problems);
  }

  private CommandPolicy policy() {
    return new CommandPolicy(
        list(Setting.COMMANDS, "*"), list(Setting.SESSION_PROGRAMS, "*"), agent.executes());
  }

  private Folders folders(Path usual) {
    var named = list(Setting.SESSION_FOLDERS, "none").stream().map(Path::of).toList();
    return new Folders(named.isEmpty() ? List.of(usual) : named);
  }

  /** What takes this agent's commands. */
  Node node(Owner owner, Sandboxes sandboxes) throws IOException {
    var root = agent.workspaceRoot().toAbsolutePath().resolve("sessions").resolve(owner.agent());
    var processes = new ScriptProcess(owner.boot(), agent.hostKillGraceMs(), System.getenv("PATH"));
    var sessions =
        new Sessions(
            new Providers(made(owner, sandboxes, root), usualProvider(), InstantSource.system()),
            new SessionStore(root.resolve("state")),
            bounds(new Problems()),
            folders(root.resolve("files")),
            new WorkspaceDisks(root.resolve("disks"), processes, System.getenv("PATH")));
    return new Node(
        new Node.Parts(
            owner.agent(),
            AgentVersion.CURRENT,
            policy(),
            sessions,
            agent.settings().path(Setting.HOOKS).orElse(null),
            Plugins.load(agent.settings().path(Setting.PLUGINS).orElse(null)),
            processes,
            root));
  }

  private List<SessionProvider> made(Owner owner, Sandboxes sandboxes, Path root) {
    var made = new ArrayList<SessionProvider>();
    for (var provider : providers()) {
      switch (provider) {
        case "docker" ->
            sandboxes
                .of(DockerSandbox.class)
                .ifPresent(docker -> made.add(docker.sessions(owner.agent())));
        case "lxc" ->
            sandboxes
                .of(LxcSandbox.class)
                .ifPresent(lxc -> made.add(lxc.sessions(root.resolve("lxc"))));
        case "qemu" ->
            sandboxes
                .of(QemuSandbox.class)
                .ifPresent(qemu -> made.add(qemu.sessions(root.resolve("qemu"))));
        default -> throw new IllegalStateException(provider);
      }
    }
    return made;
  }
}
