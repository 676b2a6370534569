package ai.vespid.bench;

import ai.vespid.bench.fault.Site;
import ai.vespid.bench.fault.SiteOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What agents cost that are connected, say their heartbeats, and have nothing to do. */
@Command(
    name = "idle",
    description = "One gateway it starts: heap per idle agent, and the share of a core they take.")
final class IdleCommand implements Callable<Integer> {
  private static final double HEAP_BYTES_MAX = 20 * 1024;
  private static final double CORE_SHARE_MAX = 0.1;
  private static final int REHEARSAL = 200;
  private static final long CONNECT_SECONDS = 180;

  @Spec private CommandSpec spec;
  @Mixin private SiteOptions place;
  @Mixin private LoadOptions load;
  @Mixin private ReportOptions report;

  @Option(names = "--agents", defaultValue = "10000")
  private int agents;

  @Option(names = "--watch", defaultValue = "60", description = "seconds of idleness measured")
  private int watchSeconds;

  @Option(names = "--heap", defaultValue = "1g", description = "of the gateway")
  private String heap;

  @Override
  public Integer call() throws InterruptedException {
    OpenFiles.require(agents);
    int code;
    try (var site = place.open(1, heap);
        var generator = new Generator()) {
      code = measure(site, generator);
    }
    if (code == 0) place.forget();
    return code;
  }

  private int measure(Site site, Generator generator) throws InterruptedException {
    var gateway = site.gateways().getFirst();
    var credentials = site.managedAgents(agents);
    rehearse(generator, credentials, Door.path(gateway.url()));
    long pid = gateway.child().pid();
    var sheet = new Sheet("idle");
    sheet.put("agents", agents);
    double quiet = share(pid, Math.min(10, watchSeconds));
    var before = LiveHeap.of(pid);
    var fleet = new Fleet(generator, credentials, Manner.USUAL);
    double cpuBefore = Cpu.of(pid);
    long begun = System.nanoTime();
    generator.await(CONNECT_SECONDS, () -> fleet.connect(Door.path(gateway.url())));
    sheet.put("cpuMsPerConnect", (Cpu.of(pid) - cpuBefore) * 1e3 / agents);
    sheet.put("connectedMs", TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
    sheet.put("toldToComeBack", fleet.deferrals());
    // What connecting took is over; every agent has said its first heartbeat.
    TimeUnit.SECONDS.sleep(Math.min(20, watchSeconds));
    sheet.put("coreShareWithoutAgents", quiet);
    sheet.most("coreShare", share(pid, watchSeconds), CORE_SHARE_MAX);
    var after = LiveHeap.of(pid);
    sheet.most("heapBytesPerAgent", (after.bytes() - before.bytes()) / agents, HEAP_BYTES_MAX);
    sheet.put("heapBytes", after.bytes());
    var resident = new LinkedHashMap<String, Double>();
    Memory.add(resident, ProcessHandle.of(pid).orElseThrow());
    sheet.put("residentMb", resident.values().iterator().next());
    sheet.least("stillThere", site.client().metric(gateway, "vespid_edge_sockets"), agents);
    var pace = new Pace(Duration.ZERO, Duration.ofSeconds(1), Duration.ofSeconds(10));
    var loop = new Home(site, generator, load).closed(gateway, credentials.getFirst(), 1, pace);
    sheet.answers("dispatch", fleet.measure(generator, pace, loop::run));
    generator.run(fleet::close);
    var out = spec.commandLine().getOut();
    int code = sheet.report(out, report);
    if (code != 0) after.top().forEach(out::println);
    out.flush();
    return code;
  }

  // Once, so that what is loaded and compiled at the first connections does not count as theirs.
  private static void rehearse(Generator generator, List<Credential> all, String url)
      throws InterruptedException {
    var some = new ArrayList<>(all.subList(0, Math.min(REHEARSAL, all.size())));
    var fleet = new Fleet(generator, some, Manner.USUAL);
    generator.await(CONNECT_SECONDS, () -> fleet.connect(url));
    generator.run(fleet::close);
    TimeUnit.SECONDS.sleep(2);
  }

  private static double share(long pid, int seconds) throws InterruptedException {
    double before = Cpu.of(pid);
    long begun = System.nanoTime();
    TimeUnit.SECONDS.sleep(seconds);
    return (Cpu.of(pid) - before) / ((System.nanoTime() - begun) / 1e9);
  }
}
