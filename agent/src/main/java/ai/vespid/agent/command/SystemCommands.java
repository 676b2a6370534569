package ai.vespid.agent.command;

import ai.vespid.agent.sandbox.Probe;
import ai.vespid.agent.session.Services;
import ai.vespid.agent.session.Sessions;
import ai.vespid.protocol.Timestamps;
import java.io.IOException;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** {@code system.*}: status, info, health (seed 002). What is told was measured just now. */
final class SystemCommands {
  private final String nodeId;
  private final Sessions sessions;
  private final Services services;
  private final Machine machine;
  private final InstantSource clock;
  private final Supplier<List<String>> offered;
  private final BooleanSupplier connected;

  /**
   * @param offered the commands that can be asked for now
   * @param connected whether there is a link to the gateway
   */
  SystemCommands(
      String nodeId,
      Sessions sessions,
      Services services,
      Machine machine,
      InstantSource clock,
      Supplier<List<String>> offered,
      BooleanSupplier connected) {
    this.nodeId = nodeId;
    this.sessions = sessions;
    this.services = services;
    this.machine = machine;
    this.clock = clock;
    this.offered = offered;
    this.connected = connected;
  }

  Map<String, Handler> handlers() {
    return Map.of(
        "system.status", _ -> Outcome.success(status()),
        "system.info", _ -> Outcome.success(machine.info()),
        "system.health", _ -> Outcome.success(health()));
  }

  private record Status(
      String nodeId,
      String status,
      String version,
      String provider,
      List<String> capabilities,
      List<String> commands,
      String lastSeen,
      long uptimeSec,
      int sessions,
      int services) {}

  private Status status() {
    var providers = sessions.providers();
    var working =
        providers.probes().entrySet().stream()
            .filter(entry -> entry.getValue() instanceof Probe.Works)
            .map(Map.Entry::getKey)
            .toList();
    return new Status(
        nodeId,
        overall(),
        machine.version(),
        providers.byDefault(),
        working,
        offered.get(),
        Timestamps.iso(clock.instant()),
        machine.uptimeSec(),
        sessions.list().size(),
        services.list().size());
  }

  // A provider that does not work leaves the others working (V-29).
  private String overall() {
    var probes = sessions.providers().probes().values();
    boolean all = probes.stream().allMatch(Probe.Works.class::isInstance);
    return all ? "active" : "degraded";
  }

  private record Health(
      String status,
      String timestamp,
      String nodeId,
      String provider,
      double cpuUsage,
      List<Double> loadAverage,
      Machine.Space memory,
      Machine.Space diskSpace,
      Network network,
      Map<String, String> providers) {}

  private record Network(boolean connected, List<String> interfaces) {}

  private Health health() throws IOException {
    // Asked anew: what was so half a minute ago is not how it is.
    sessions.providers().probe();
    var providers = new LinkedHashMap<String, String>();
    sessions
        .providers()
        .probes()
        .forEach((name, probe) ->
            providers.put(
                name,
                switch (probe) {
                  case Probe.Works _ -> "available";
                  case Probe.Fails(var why) -> why;
                }));
    return new Health(
        overall().equals("active") ? "healthy" : "degraded",
        Timestamps.iso(clock.instant()),
        nodeId,
        sessions.providers().byDefault(),
        machine.cpuUsage(),
        machine.loadAverage(),
        machine.memory(),
        machine.disk(),
        new Network(connected.getAsBoolean(), machine.interfaces()),
        providers);
  }
}
