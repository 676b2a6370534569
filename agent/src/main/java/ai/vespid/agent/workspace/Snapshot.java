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

/**
 * What a directory holds: path to kind, permissions and content hash. Equal means nothing to store,
 * so what would not be stored does not count, nor does the time of a file.
 */
record Snapshot(Map<String, String> entries) {
  static Snapshot of(Path directory, Modes modes) throws IOException {
    var entries = new TreeMap<String, String>();
    try (var paths = Files.walk(directory)) {
      for (var path : (Iterable<Path>) paths::iterator) {
        if (path.equals(directory)) continue;
        var description = describe(directory, path, modes);
        if (description != null) entries.put(directory.relativize(path).toString(), description);
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return new Snapshot(entries);
  }

  private static String describe(Path directory, Path path, Modes modes) throws IOException {
    if (Files.isSymbolicLink(path)) {
      var pointsTo = Files.readSymbolicLink(path);
      return Archive.staysInside(directory, path, pointsTo) ? "link " + pointsTo : null;
    }
    var mode = Integer.toOctalString(modes.of(path));
    if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) return "directory " + mode;
    if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) return null;
    return "file " + mode + " " + hash(path);
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
