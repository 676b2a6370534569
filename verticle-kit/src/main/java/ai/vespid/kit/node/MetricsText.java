package ai.vespid.kit.node;

/** The node's meters in the text format of Prometheus; a service the assembly offers. */
@FunctionalInterface
public interface MetricsText {
  String scrape();
}
