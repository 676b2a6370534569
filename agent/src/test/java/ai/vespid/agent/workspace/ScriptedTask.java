package ai.vespid.agent.workspace;

import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.protocol.executor.GatewayFrame.Upload;
import ai.vespid.protocol.executor.GatewayFrame.Workspace;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * A run of one task per script, as the agent does it: checkout, script, upload. A process of its
 * own, such that it may be started as another user or with less than it needs. Prints what the
 * scripts print, and {@code stored <etag>}, {@code unchanged} or {@code failed <error>} for each.
 */
final class ScriptedTask {
  static final String ID = "55555555-5555-4555-8555-555555555555";
  static final WorkspaceCache.Limits LIMITS =
      new WorkspaceCache.Limits(1 << 20, 1 << 25, 100, 2, 1 << 20, Duration.ofSeconds(5));

  private ScriptedTask() {}

  /** The arguments; an ETag only when there are files to start from. */
  static List<String> arguments(Path cache, String url, String etag, String script) {
    return List.of(cache.toString(), url, etag == null ? "" : etag, script);
  }

  public static void main(String[] arguments) throws IOException, InterruptedException {
    var cache = new WorkspaceCache(Path.of(arguments[0]), LIMITS);
    var url = arguments[1];
    var etag = arguments[2];
    var from = new Workspace(ID, etag.isEmpty() ? 0L : 1L, "k1", etag);
    try (var files = cache.checkout(from, url, new Cancellation())) {
      var script = new ProcessBuilder("sh", "-ec", arguments[3]).inheritIO();
      int exit = script.directory(files.directory().toFile()).start().waitFor();
      if (exit != 0) throw new IOException("the script ended with " + exit);
      var stored = files.uploadIfChanged(from, new Upload(url, "k1", 1L), new Cancellation());
      System.out.println(stored.map(to -> "stored " + to.etag()).orElse("unchanged"));
    } catch (WorkspaceFailed e) {
      System.out.println("failed " + e.error());
    }
  }
}
