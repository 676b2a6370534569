package ai.vespid.agent.command;

import ai.vespid.agent.plugin.CommandPlugin;
import ai.vespid.agent.sandbox.ScriptProcess;
import ai.vespid.agent.session.Services;
import ai.vespid.agent.session.Sessions;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;

/** What of this agent takes commands, put together. */
public final class Node {
  private final CommandDesk desk;
  private final Sessions sessions;
  private final Services services;
  private final CommandWatch watch;
  private volatile BooleanSupplier connected = () -> false;

  /**
   * What it is made of.
   *
   * @param hooks folder with the site's programs, or null
   * @param plugins commands that the site has added, by name
   * @param folder on the disk that sessions are on
   */
  public record Parts(
      String nodeId,
      String version,
      CommandPolicy policy,
      Sessions sessions,
      Path hooks,
      Map<String, CommandPlugin> plugins,
      ScriptProcess processes,
      Path folder) {}

  public Node(Parts parts) {
    var clock = InstantSource.system();
    this.sessions = parts.sessions();
    this.services = new Services(sessions);
    var handlers = new LinkedHashMap<String, Handler>();
    var system =
        new SystemCommands(
            parts.nodeId(),
            sessions,
            services,
            new Machine(parts.version(), parts.folder()),
            clock,
            this::offered,
            () -> connected.getAsBoolean());
    handlers.putAll(new SessionCommands(sessions, parts.policy()).handlers());
    handlers.putAll(new ServiceCommands(services).handlers());
    handlers.putAll(system.handlers());
    handlers.putAll(new Hooks(parts.hooks(), parts.processes()).handlers());
    handlers.putAll(new ContainerVerbs(sessions).handlers());
    handlers.putAll(new PluginCommands(parts.plugins()).handlers());
    handlers.put("get_system_health", handlers.get("system.health"));
    handlers.put("get_service_status", handlers.get("service.list"));
    handlers.put("get_monitoring_data", monitoring(handlers.get("system.health")));
    this.desk = new CommandDesk(parts.nodeId(), parts.policy(), handlers, clock);
    this.watch = new CommandWatch(desk, sessions, services);
  }

  private Handler monitoring(Handler health) {
    return request ->
        Outcome.success(
            Map.of("health", health.handle(request).output(), "commands", desk().counts()));
  }

  public CommandDesk desk() {
    return desk;
  }

  /** What sessions serve, as it was found last, by name. */
  public Map<String, Services.Service> services() {
    return services.list();
  }

  public Sessions sessions() {
    return sessions;
  }

  /** Sessions by provider and state, and commands by how they ended, as Prometheus reads it. */
  public String prometheus() {
    var text = new StringBuilder();
    text.append("# HELP vespid_agent_sessions sessions, by provider and state\n");
    text.append("# TYPE vespid_agent_sessions gauge\n");
    var sessions = new TreeMap<String, Integer>();
    for (var view : this.sessions.list()) {
      var state = view.record().state().name().toLowerCase(Locale.ROOT);
      var labels = "provider=\"%s\",state=\"%s\"".formatted(view.record().provider(), state);
      sessions.merge(labels, 1, Integer::sum);
    }
    sessions.forEach(
        (labels, count) -> text.append("vespid_agent_sessions{%s} %d\n".formatted(labels, count)));
    text.append("# HELP vespid_agent_commands_total commands that ended, by outcome\n");
    text.append("# TYPE vespid_agent_commands_total counter\n");
    desk.counts()
        .forEach((outcome, count) ->
            text.append(
                "vespid_agent_commands_total{outcome=\"%s\"} %d\n".formatted(outcome, count)));
    return text.toString();
  }

  private List<String> offered() {
    return desk.offered();
  }

  /**
   * Finds what an earlier process left and begins to look after it.
   *
   * @param changed told when what can be asked for has changed
   * @param connected whether there is a link to the gateway
   */
  public void start(Runnable changed, BooleanSupplier connected) throws IOException {
    this.connected = connected;
    sessions.restore();
    watch.start(changed);
  }

  public void stop() {
    watch.stop();
  }
}
