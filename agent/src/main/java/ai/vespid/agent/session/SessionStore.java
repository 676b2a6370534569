package ai.vespid.agent.session;

import ai.vespid.agent.session.SessionRecord.State;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sessions on disk: one file each, by handle, written whole, and synced where it decides whether
 * something exists. Whether a session runs its provider knows better than any disk.
 */
public final class SessionStore {
  private static final Logger LOG = LoggerFactory.getLogger(SessionStore.class);
  private static final String SUFFIX = ".session";

  private final Path directory;

  public SessionStore(Path directory) throws IOException {
    this.directory =
        Files.createDirectories(
            directory,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  /** Blocks until it is written. */
  void write(SessionRecord session) throws IOException {
    // Readable by its owner alone from the first moment.
    var temporary = Files.createTempFile(directory, "session-", ".tmp");
    try {
      try (var file = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
        var bytes = ByteBuffer.wrap(Json.write(session));
        while (bytes.hasRemaining()) file.write(bytes);
        if (decides(session.state())) file.force(false);
      }
      Files.move(temporary, file(session.handle()), StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private static boolean decides(State state) {
    return state != State.RUNNING && state != State.STOPPED;
  }

  void remove(String handle) throws IOException {
    Files.deleteIfExists(file(handle));
  }

  /** All of them; what is half written was never answered for and is deleted. */
  List<SessionRecord> read() throws IOException {
    var sessions = new ArrayList<SessionRecord>();
    try (var files = Files.newDirectoryStream(directory, "*.{session,tmp}")) {
      for (var file : files) {
        var session = read(file);
        if (session != null) sessions.add(session);
      }
    }
    return sessions;
  }

  private static SessionRecord read(Path file) throws IOException {
    if (file.toString().endsWith(SUFFIX)) {
      try {
        return Json.read(Files.readAllBytes(file), SessionRecord.class);
      } catch (InvalidMessage e) {
        LOG.atWarn().addKeyValue("file", file.getFileName()).log("a session's file is unreadable");
      }
    }
    Files.deleteIfExists(file);
    return null;
  }

  private Path file(String handle) {
    return directory.resolve(handle + SUFFIX);
  }
}
