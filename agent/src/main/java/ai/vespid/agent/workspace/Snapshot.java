package ai.vespid.agent.workspace;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a directory holds: path to kind, mode and content hash. Equal means nothing to store; the
 * time of a file is kept with it but is no reason to store it again.
 */
record Snapshot(Map<String, String> entries) {
  static Snapshot of(Path directory, int entriesMax) throws WorkspaceFailed, IOException {
    var entries = new TreeMap<String, String>();
    Walk.through(
        directory,
        entriesMax,
        (path, attributes) ->
            entries.put(directory.relativize(path).toString(), describe(path, attributes)));
    return new Snapshot(entries);
  }

  private static String describe(Path path, PosixFileAttributes attributes) throws IOException {
    if (attributes.isSymbolicLink()) return "link " + Files.readSymbolicLink(path);
    var mode = Integer.toOctalString(Permissions.mode(attributes.permissions()));
    if (attributes.isDirectory()) return "directory " + mode;
    if (!attributes.isRegularFile()) return "other";
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
