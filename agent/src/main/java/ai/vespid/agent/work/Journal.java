package ai.vespid.agent.work;

import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Limits;
import ai.vespid.protocol.executor.ExecutorFrame.ToolResult;
import ai.vespid.protocol.executor.Frames;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Results on disk until the gateway has them: one file each, written whole and synced before the
 * result is sent, so that neither a lost link nor a killed agent loses one (defect B1). Bounded in
 * age and number; what is too old was answered by a timeout long ago.
 */
public final class Journal {
  private static final Logger LOG = LoggerFactory.getLogger(Journal.class);
  private static final String SUFFIX = ".result";

  private final Path directory;
  private final Duration ageMax;
  private final int entriesMax;

  public Journal(Path directory, Duration ageMax, int entriesMax) throws IOException {
    this.directory = directory;
    this.ageMax = ageMax;
    this.entriesMax = entriesMax;
    Files.createDirectories(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  /** Blocks until the result is on disk. */
  public void write(ToolResult result) throws IOException {
    var temporary = Files.createTempFile(directory, "result-", ".tmp");
    try {
      try (var file = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
        var bytes = ByteBuffer.wrap(Frames.write(result));
        while (bytes.hasRemaining()) file.write(bytes);
        file.force(false);
      }
      Files.move(temporary, file(result.requestId()), StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  public void remove(String requestId) throws IOException {
    Files.deleteIfExists(file(requestId));
  }

  /**
   * What an earlier process left behind, oldest first; what is too old, unreadable or half written
   * is deleted. Of too many the newest are kept.
   */
  public List<ToolResult> read(Instant now) throws IOException {
    var results = new ArrayList<ToolResult>();
    for (var file : newestFirst()) {
      boolean old = Files.getLastModifiedTime(file).toInstant().plus(ageMax).isBefore(now);
      var result = old || results.size() >= entriesMax ? null : resultIn(file);
      if (result == null) drop(file);
      else results.add(result);
    }
    return results.reversed();
  }

  private List<Path> newestFirst() throws IOException {
    record Dated(Path file, FileTime time) {}
    var files = new ArrayList<Dated>();
    try (var listing = Files.newDirectoryStream(directory, "*.{result,tmp}")) {
      for (var file : listing) {
        if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
          files.add(new Dated(file, Files.getLastModifiedTime(file)));
        }
      }
    }
    files.sort(Comparator.comparing(Dated::time).reversed());
    return files.stream().map(Dated::file).toList();
  }

  private ToolResult resultIn(Path file) throws IOException {
    if (!file.toString().endsWith(SUFFIX) || Files.size(file) > Limits.FRAME_BYTES_MAX) return null;
    try {
      var frame = Frames.fromExecutor(Files.readAllBytes(file));
      return frame instanceof ToolResult result ? result : null;
    } catch (InvalidMessage e) {
      return null;
    }
  }

  /** Which process wrote here last, when one did. */
  public Optional<String> writer() throws IOException {
    var file = directory.resolve("boot");
    var boot = Files.exists(file) ? Files.readString(file).strip() : "";
    return boot.matches("[0-9a-f-]{36}") ? Optional.of(boot) : Optional.empty();
  }

  /**
   * Remembers which process writes here now. What the last one left running has to be ended before:
   * killed in between, this process has begun nothing, and the next one finds the last one again.
   */
  public void takeOver(String bootId) throws IOException {
    var temporary = Files.createTempFile(directory, "boot-", ".tmp");
    Files.writeString(temporary, bootId);
    Files.move(temporary, directory.resolve("boot"), StandardCopyOption.ATOMIC_MOVE);
  }

  private static void drop(Path file) throws IOException {
    LOG.atWarn().addKeyValue("file", file.getFileName()).log("a journalled result was dropped");
    Files.deleteIfExists(file);
  }

  // Request ids may hold anything; file names may not.
  private Path file(String requestId) {
    try {
      var digest =
          MessageDigest.getInstance("SHA-256").digest(requestId.getBytes(StandardCharsets.UTF_8));
      return directory.resolve(HexFormat.of().formatHex(digest) + SUFFIX);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
