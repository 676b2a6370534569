package ai.vespid.bench;

import ai.vespid.bench.fault.Site;
import ai.vespid.bench.fault.SiteOptions;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Turns of interactive sessions with the scripted engine: a message to its final answer, which is
 * committed twice on the way and has some 4 ms of the engine's own timers in it; and pieces of many
 * answers at once from the engine to their viewers.
 */
@Command(
    name = "turn",
    description = "One gateway: short turns one by one, and many streams; every answer checked.")
final class TurnCommand implements Callable<Integer> {
  private static final double TURN_MS_MAX = 10;
  private static final double PIECE_MS_MAX = 10;
  private static final long PATIENCE_SECONDS = 600;

  @Spec private CommandSpec spec;
  @Mixin private SiteOptions place;
  @Mixin private ReportOptions report;

  @Option(names = "--turns", defaultValue = "1000", description = "one by one")
  private int turns;

  @Option(names = "--warmup", defaultValue = "1000", description = "turns before")
  private int warmUps;

  @Option(names = "--sessions", defaultValue = "100", description = "that stream at once")
  private int sessions;

  @Option(names = "--per-second", defaultValue = "30", description = "pieces of each stream")
  private int perSecond;

  @Option(names = "--seconds", defaultValue = "30", description = "of streams")
  private int seconds;

  @Override
  public Integer call() {
    int code;
    try (var site = place.open(1, "1g", Map.of("ACCESS_TOKEN_TTL_SEC", "86400"));
        var generator = new Generator()) {
      code = measure(site, generator);
    }
    if (code == 0) place.forget();
    return code;
  }

  private int measure(Site site, Generator generator) {
    var gateway = site.gateways().getFirst();
    try (var talks = Conversations.of(gateway.apiUrl())) {
      var fleet = new Fleet(generator, talks.agents(1), Manner.USUAL);
      generator.await(60, () -> fleet.connect(Door.path(gateway.url())));
      var url = gateway.url().replaceFirst("^http", "ws") + "/ws/client";
      var viewers =
          IntStream.range(0, Math.max(1, sessions))
              .mapToObj(_ -> new TurnViewer(generator.vertx, url, talks.headers(), talks.begin()))
              .toList();
      generator.await(60, () -> all(viewers.stream().map(TurnViewer::join).toList()));
      var sheet = new Sheet("turn");
      oneByOne(generator, viewers.getFirst(), sheet);
      atOnce(generator, viewers, sheet);
      generator.run(() -> viewers.forEach(TurnViewer::close));
      generator.run(fleet::close);
      return sheet.report(spec.commandLine().getOut(), report);
    }
  }

  private static Future<Void> all(List<Future<Void>> futures) {
    return Future.join(futures).mapEmpty();
  }

  private void oneByOne(Generator generator, TurnViewer viewer, Sheet sheet) {
    say(generator, viewer, warmUps);
    generator.run(viewer::reset);
    say(generator, viewer, turns);
    sheet.put("turns", turns);
    sheet.most("turnP50Ms", millis(viewer.turns(), 50), TURN_MS_MAX);
    sheet.put("turnP99Ms", millis(viewer.turns(), 99));
    flaws("turn", List.of(viewer), sheet);
  }

  private static void say(Generator generator, TurnViewer viewer, int times) {
    generator.await(PATIENCE_SECONDS, () -> viewer.say("stream 1 0", "[scripted] 1", times));
  }

  private void atOnce(Generator generator, List<TurnViewer> viewers, Sheet sheet) {
    int everyMs = 1_000 / perSecond;
    int count = Math.min(9_999, perSecond * seconds);
    var message = "stream " + count + " " + everyMs;
    var answer =
        IntStream.rangeClosed(1, count)
            .mapToObj(Integer::toString)
            .collect(Collectors.joining(" ", "[scripted] ", ""));
    generator.run(() -> viewers.forEach(TurnViewer::reset));
    var before = Cpu.now();
    generator.await(
        PATIENCE_SECONDS,
        () -> all(viewers.stream().map(viewer -> viewer.say(message, answer, 1)).toList()));
    var pieces = new Histogram(3);
    viewers.forEach(viewer -> pieces.add(viewer.pieces()));
    sheet.put("sessions", viewers.size());
    sheet.put("piecesPerSecond", perSecond);
    sheet.put("pieces", pieces.getTotalCount());
    sheet.put("pieceP50Ms", millis(pieces, 50));
    sheet.most("pieceP99Ms", millis(pieces, 99), PIECE_MS_MAX);
    sheet.put("pieceMaxMs", millis(pieces, 100));
    var cpu = Cpu.now().minus(before);
    sheet.put("generatorCpuS", cpu.generator());
    sheet.put("othersCpuS", cpu.others());
    flaws("stream", viewers, sheet);
  }

  private static double millis(Histogram micros, double percentile) {
    return micros.getValueAtPercentile(percentile) / 1e3;
  }

  private static void flaws(String load, List<TurnViewer> viewers, Sheet sheet) {
    var flaws = new TreeMap<String, Long>();
    var all = new ArrayList<String>();
    for (var viewer : viewers) all.addAll(viewer.flaws());
    all.forEach(flaw -> flaws.merge(flaw, 1L, Long::sum));
    sheet.flaws(load, all.size(), flaws);
  }
}
