package ai.vespid.server;

import ai.vespid.kit.node.ConfigurationException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;

/** VESPID_HOME: what {@code vespid up} keeps between starts. Only its user may look inside. */
final class Home {
  private final Path folder;

  Home(Path folder) {
    this.folder = folder;
  }

  static Home of(Map<String, String> environment) {
    var named = environment.get("VESPID_HOME");
    var folder =
        named == null || named.isBlank()
            ? Path.of(System.getProperty("user.home"), ".vespid")
            : Path.of(named);
    return new Home(folder.toAbsolutePath().normalize());
  }

  Path folder() {
    return folder;
  }

  Path path(String name) {
    return folder.resolve(name);
  }

  /** A folder inside, made when missing. */
  Path directory(String name) {
    try {
      var directory = Files.createDirectories(path(name));
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
      return directory;
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  private ConfigurationException unusable(IOException e) {
    return new ConfigurationException(
        "cannot write to %s (%s); choose another folder with VESPID_HOME"
            .formatted(folder, e.getClass().getSimpleName()));
  }

  /**
   * Keeps a second server out of this home for as long as the process lives.
   *
   * @throws ConfigurationException when one runs already
   */
  FileLock lock() {
    directory("");
    try {
      var channel =
          FileChannel.open(path("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      var lock = channel.tryLock();
      if (lock != null) return lock;
      channel.close();
    } catch (OverlappingFileLockException e) {
      // This process has it; said below.
    } catch (IOException e) {
      throw unusable(e);
    }
    throw new ConfigurationException(
        "another vespid runs on %s; stop it or choose another folder with VESPID_HOME"
            .formatted(folder));
  }

  Optional<String> read(String name) {
    try {
      return Optional.of(Files.readString(path(name)));
    } catch (java.nio.file.NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  /** Writes a file nobody else may read, whole or not at all. */
  void write(String name, String text) {
    var target = path(name);
    try {
      var draft = target.resolveSibling(target.getFileName() + ".new");
      Files.deleteIfExists(draft);
      Files.createFile(
          draft,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(draft, text, StandardCharsets.UTF_8);
      Files.move(
          draft,
          target,
          java.nio.file.StandardCopyOption.ATOMIC_MOVE,
          java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  void delete(String name) {
    try {
      Files.deleteIfExists(path(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
