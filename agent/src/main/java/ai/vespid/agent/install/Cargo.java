package ai.vespid.agent.install;

import ai.vespid.agent.AgentFailure;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** The archive that is carried to the other machine. */
record Cargo(Path archive, String sha256) {
  private static final String TOP = "vespid-agent/";

  static Cargo of(Path archive) {
    try (var in = Files.newInputStream(archive)) {
      var digest = MessageDigest.getInstance("SHA-256");
      var buffer = new byte[64 * 1024];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        digest.update(buffer, 0, read);
      }
      return new Cargo(archive, HexFormat.of().formatHex(digest.digest()));
    } catch (IOException e) {
      throw new AgentFailure("ARCHIVE_UNREADABLE: " + archive);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** Packs the agent that runs, from the folder it was unpacked to. */
  static Cargo packed(Path home, Path into) {
    try (var file = Files.newOutputStream(into);
        var tar = new TarArchiveOutputStream(gzip(file), "UTF-8")) {
      tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
      try (var files = Files.walk(home)) {
        for (var path : files.sorted().toList()) {
          if (Files.isRegularFile(path)) add(tar, home, path);
        }
      }
    } catch (IOException e) {
      throw new AgentFailure("ARCHIVE_UNREADABLE: " + home + " cannot be packed");
    }
    return of(into);
  }

  private static OutputStream gzip(OutputStream out) throws IOException {
    return new GZIPOutputStream(out, 64 * 1024);
  }

  private static void add(TarArchiveOutputStream tar, Path home, Path path) throws IOException {
    var entry = new TarArchiveEntry(path, TOP + home.relativize(path));
    entry.setMode(Files.isExecutable(path) ? 0755 : 0644);
    tar.putArchiveEntry(entry);
    Files.copy(path, tar);
    tar.closeArchiveEntry();
  }
}
