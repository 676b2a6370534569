package ai.vespid.agent;

import ai.vespid.agent.command.Node;
import ai.vespid.agent.link.Link;
import ai.vespid.agent.operation.AgentStatus;
import ai.vespid.agent.operation.Machine;
import ai.vespid.agent.session.Services.Service;
import ai.vespid.protocol.executor.ExecutorFrame.Telemetry;
import ai.vespid.protocol.executor.Reading;
import io.vertx.core.Vertx;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the gateway how the agent and its machine are, as often as its welcome wants it: measured
 * just before, and not at all while there is no connection. Confined to the link's context; what is
 * measured is read on a thread of its own because it may block.
 */
final class Telemeter {
  private static final Logger LOG = LoggerFactory.getLogger(Telemeter.class);
  private static final int EVERY_MS_MIN = 1_000;
  private static final int TEXT_MAX = 200;
  private static final int ENTRIES_MAX = 50;

  private final Vertx vertx;
  private final Link link;
  private final AgentParts parts;
  private final Optional<Node> node;
  private final Supplier<AgentStatus> status;
  private Machine.Reader machine;
  private Reading.About about;
  private long timer = -1;

  /**
   * @param status how the agent is now; asked on the link's context
   */
  Telemeter(
      Vertx vertx, Link link, AgentParts parts, Optional<Node> node, Supplier<AgentStatus> status) {
    this.vertx = vertx;
    this.link = link;
    this.parts = parts;
    this.node = node;
    this.status = status;
  }

  /**
   * A gateway has said how often it wants to hear.
   *
   * @param everyMs null for never: one of the original would not understand it
   */
  void every(Integer everyMs) {
    stop();
    if (everyMs == null || everyMs <= 0) return;
    timer = vertx.setPeriodic(Math.max(EVERY_MS_MIN, everyMs), _ -> link.run(this::tell));
    tell();
  }

  /** Something has changed: a gateway that wants to hear at all hears it before its time. */
  void changed() {
    if (timer >= 0) tell();
  }

  void stop() {
    if (timer >= 0) vertx.cancelTimer(timer);
    timer = -1;
  }

  private void tell() {
    // Behind work that waits to be sent it would only be in the way.
    if (!link.writable()) return;
    var now = status.get();
    Thread.ofVirtual()
        .name("telemetry")
        .start(() -> {
          try {
            var frame = new Telemetry(reading(now));
            link.run(() -> link.send(frame));
          } catch (RuntimeException e) {
            LOG.atWarn()
                .addKeyValue("cause", e.getClass().getSimpleName())
                .log("how the agent is could not be measured");
          }
        });
  }

  private synchronized Reading reading(AgentStatus now) {
    if (machine == null) machine = new Machine.Reader(parts.folder());
    if (about == null) about = about(now);
    var read = machine.read();
    return new Reading(
        now.timestamp().toEpochMilli(),
        // It is connected, or nobody would hear this.
        now.status().equals("ok") ? "ok" : "degraded",
        now.uptimeSec(),
        parts.executes(),
        about,
        new Reading.Machine(
            read.processors(),
            known(read.cpuPercent()),
            known(read.load()),
            known(read.memoryTotalBytes()),
            known(read.memoryAvailableBytes()),
            known(read.diskTotalBytes()),
            known(read.diskFreeBytes()),
            known(read.residentBytes()),
            read.openFiles() < 0 ? null : (Integer) read.openFiles()),
        new Reading.Work(
            now.inFlight(),
            now.maxInFlight(),
            now.unacknowledged(),
            now.sessions(),
            node.map(Node::services).map(Telemeter::health).orElse(Map.of())),
        cut(now.sandboxes(), Function.identity()),
        cut(now.engines(), Function.identity()));
  }

  private Reading.About about(AgentStatus now) {
    return new Reading.About(
        now.version(),
        parts.bootId(),
        ManagementFactory.getRuntimeMXBean().getStartTime(),
        hostname(),
        System.getProperty("os.name").toLowerCase(Locale.ROOT),
        System.getProperty("os.arch"),
        cut(System.getProperty("os.version")),
        cut(Runtime.version().toString()));
  }

  private static String hostname() {
    try {
      return cut(InetAddress.getLocalHost().getHostName());
    } catch (UnknownHostException e) {
      return null;
    }
  }

  private static Map<String, String> health(Map<String, Service> services) {
    return cut(services, service -> service.health().name().toLowerCase(Locale.ROOT));
  }

  private static <T> Map<String, String> cut(Map<String, T> all, Function<T, String> text) {
    var cut = new HashMap<String, String>();
    all.entrySet().stream()
        .limit(ENTRIES_MAX)
        .forEach(entry -> cut.put(cut(entry.getKey()), cut(text.apply(entry.getValue()))));
    return cut;
  }

  private static String cut(String text) {
    return text.isEmpty() ? "-" : text.substring(0, Math.min(TEXT_MAX, text.length()));
  }

  private static Long known(long value) {
    return value < 0 ? null : (Long) value;
  }

  private static Double known(double value) {
    return value < 0 ? null : (Double) value;
  }
}
