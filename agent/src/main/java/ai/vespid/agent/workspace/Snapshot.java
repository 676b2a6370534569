package ai.vespid.agent.workspace;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/** What a directory holds: path to kind, mode and content hash. Equal means nothing to store. */
record Snapshot(Map<String, String> entries) {
  static Snapshot of(Path directory) throws IOException {
    var entries = new TreeMap<String, String>();
    try (var paths = Files.walk(directory)) {
      for (var path : (Iterable<Path>) paths::iterator) {
        if (!path.equals(directory)) {
          entries.put(directory.relativize(path).toString(), describe(path));
        }
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return new Snapshot(entries);
  }

  private static String describe(Path path) throws IOException {
    if (Files.isSymbolicLink(path)) return "link " + Files.readSymbolicLink(path);
    if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) return "directory";
    if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) return "other";
    return (Files.isExecutable(path) ? "program " : "file ") + hash(path);
  }

  private static String hash(Path file) throws IOException {
    try (var in =
        new DigestInputStream(Files.newInputStream(file), MessageDigest.getInstance("SHA-256"))) {
      in.transferTo(OutputStream.nullOutputStream());
      return HexFormat.of().formatHex(in.getMessageDigest().digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
