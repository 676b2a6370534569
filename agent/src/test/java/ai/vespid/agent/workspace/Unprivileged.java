package ai.vespid.agent.workspace;

import ai.vespid.protocol.executor.GatewayFrame.Upload;
import ai.vespid.protocol.executor.GatewayFrame.Workspace;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Run as a process without privileges by {@link WorkspaceModesTest}: permissions bind it. */
final class Unprivileged {
  private static final WorkspaceCache.Limits LIMITS =
      new WorkspaceCache.Limits(1 << 20, 1 << 21, 100, 5, 1 << 20, Duration.ofSeconds(5));

  private Unprivileged() {}

  public static void main(String[] arguments) throws Exception {
    var root = Path.of(arguments[0]);
    keepsWhatNobodyMayRead(root.resolve("cache"));
    tellsItsOwnDiskFromTheArchive(root);
    System.out.println("ALL HOLDS");
  }

  private static void keepsWhatNobodyMayRead(Path root) throws Exception {
    var stored = new byte[1][];
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          stored[0] = exchange.getRequestBody().readAllBytes();
          exchange.getResponseHeaders().add("etag", "\"e\"");
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    server.start();
    try {
      var url = "http://127.0.0.1:" + server.getAddress().getPort() + "/v1";
      var id = "55555555-5555-4555-8555-555555555555";
      var cache = new WorkspaceCache(root, LIMITS);
      Uploaded uploaded;
      try (var files = cache.checkout(new Workspace(id, 0L, "v0", null), null)) {
        var closed = Files.createDirectory(files.directory().resolve("closed"));
        Files.writeString(closed.resolve("within"), "kept");
        Modes.set(closed.resolve("within"), 0);
        Modes.set(closed, 0);
        check(!Files.isReadable(closed), "this process may read everything: nothing is proven");
        var first = new Workspace(id, 0L, "v0", null);
        uploaded = files.uploadIfChanged(first, new Upload(url, "v1", 1L)).orElseThrow();
      }
      var next = new Workspace(id, 1L, "v1", uploaded.etag());
      try (var files = cache.checkout(next, null)) {
        var closed = files.directory().resolve("closed");
        check(!Files.isReadable(closed), "its permissions are kept");
        check(files.uploadIfChanged(next, new Upload(url, "v2", 2L)).isEmpty(), "nothing changed");
        Modes.set(closed, 0700);
        Modes.set(closed.resolve("within"), 0600);
        check(Files.readString(closed.resolve("within")).equals("kept"), "its content is kept");
      }
    } finally {
      server.stop(0);
    }
  }

  private static void tellsItsOwnDiskFromTheArchive(Path root) throws Exception {
    var source = Files.createDirectory(root.resolve("source"));
    Files.writeString(source.resolve("a"), "a");
    var archive = root.resolve("archive");
    try (var modes = Modes.open(source, 10)) {
      Packer.pack(source, modes, archive, 1 << 20, 10);
    }
    var target = Files.createDirectory(root.resolve("target"));
    Modes.set(target, 0500);
    try {
      Archive.unpack(new ByteArrayInputStream(Files.readAllBytes(archive)), target, 1 << 20, 10);
      throw new AssertionError("nothing can be written there");
    } catch (WorkspaceFailed e) {
      check(e.error().equals("WORKSPACE_UNAVAILABLE:AGENT_STORAGE"), e.error());
    }
  }

  private static void check(boolean holds, String what) {
    if (!holds) throw new AssertionError(what);
  }
}
