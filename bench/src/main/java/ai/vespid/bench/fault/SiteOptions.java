package ai.vespid.bench.fault;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import picocli.CommandLine.Option;

/** Where what a run starts is found, and where it keeps its data and logs. */
public final class SiteOptions {
  // Compiled quickly and once: three gateways start on what others leave of the machine, and how
  // fast they are when warm is not judged.
  private static final String FAULT_JAVA = "-Xmx384m -XX:TieredStopAtLevel=1";

  @Option(names = "--home", description = "data and logs; a new folder, kept when a check fails")
  private Path home;

  @Option(names = "--vespid", defaultValue = "./vespid", description = "the launcher")
  private Path vespid;

  @Option(names = "--java-options", defaultValue = "", description = "more for every gateway")
  private String javaOptions;

  private Path folder;

  /** Starts stores and gateways with proxies between them. */
  Site open(int gateways) {
    return open(gateways, FAULT_JAVA, Site.Wiring.PROXIES, Map.of());
  }

  /**
   * Starts stores and gateways with nothing between them.
   *
   * @param heap of each gateway, as Java wants it
   */
  public Site open(int gateways, String heap) {
    return open(gateways, heap, Map.of());
  }

  /**
   * As above.
   *
   * @param more variables of every gateway
   */
  public Site open(int gateways, String heap, Map<String, String> more) {
    return open(gateways, "-Xmx" + heap, Site.Wiring.DIRECT, more);
  }

  private Site open(int gateways, String java, Site.Wiring wiring, Map<String, String> more) {
    var variables = new HashMap<>(more);
    variables.put("VESPID_JAVA_OPTIONS", java + " " + javaOptions);
    return Site.open(launcher(), folder(), gateways, wiring, variables);
  }

  /** The launcher, in the folder that everything else of the program is in. */
  Path launcher() {
    return vespid.toAbsolutePath().normalize();
  }

  /** Data and logs. */
  Path folder() {
    if (folder != null) return folder;
    try {
      folder =
          home == null
              ? Files.createTempDirectory("vespid-bench-")
              : Files.createDirectories(home).toAbsolutePath().normalize();
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The run went well: nobody will look at a folder that was made for it. */
  public void forget() {
    if (home != null || folder == null) return;
    try (var files = Files.walk(folder)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where the evidence of a run that did not go well is. */
  public Path evidence() {
    return folder;
  }
}
