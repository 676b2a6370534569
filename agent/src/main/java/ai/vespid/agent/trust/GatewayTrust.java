package ai.vespid.agent.trust;

import ai.vespid.agent.AgentFailure;
import io.vertx.core.net.ClientSSLOptions;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;

/**
 * Whom the agent believes to be its gateway, and what it shows of itself. Files that were changed
 * are read again before the next connection, so certificates, lists and keys are renewed without a
 * restart; files that became unusable let no connection be made. For any thread.
 */
public final class GatewayTrust {
  private final TrustChoice choice;
  private Material material;
  private ClientSSLOptions options;
  private SSLContext context;
  private String stamps;

  public GatewayTrust(TrustChoice choice) {
    this.choice = choice;
  }

  /** Everything that is wrong with it for this gateway. */
  public List<Flaw> flaws(URI gateway) {
    // Java's own authorities are read when somebody has to be judged by them: they are many.
    if (choice.isNone()) return List.of();
    var reader = new TrustReader(choice);
    reader.suits(gateway);
    reader.read();
    return reader.flaws();
  }

  /**
   * Ends the start when anything is wrong.
   *
   * @throws AgentFailure with the code of the first, and all others
   */
  public void check(URI gateway) {
    fail(flaws(gateway));
  }

  private static void fail(List<Flaw> flaws) {
    if (flaws.isEmpty()) return;
    var all =
        flaws.stream()
            .map(flaw -> flaw.code() + ": " + flaw.what())
            .collect(Collectors.joining("; "));
    // What the original calls it (contract 12).
    boolean authorities = flaws.getFirst().code().matches("TLS_CA_(UNREADABLE|INVALID)");
    throw new AgentFailure(authorities ? "VESPID_AGENT_TLS_CA_FILE_INVALID: " + all : all);
  }

  /**
   * For the next connection by Vert.x.
   *
   * @throws AgentFailure when a file has become unusable
   */
  public synchronized ClientSSLOptions options() {
    material();
    return options;
  }

  /**
   * For the next connections by Java, or null for Java's own.
   *
   * @throws AgentFailure when a file has become unusable
   */
  public synchronized SSLContext context() {
    if (choice.isNone()) return null;
    var now = material();
    if (context == null) context = now.context();
    return context;
  }

  private Material material() {
    var now = choice.files().stream().map(GatewayTrust::stamp).collect(Collectors.joining());
    if (material != null && now.equals(stamps)) return material;
    var reader = new TrustReader(choice);
    var read = reader.read();
    fail(reader.flaws());
    material = read;
    options = read.options();
    context = null;
    stamps = now;
    return read;
  }

  private static String stamp(Path file) {
    try {
      return Files.getLastModifiedTime(file).toString() + Files.size(file) + ';';
    } catch (IOException e) {
      return "absent;";
    }
  }
}
