package ai.vespid.bench;

import ai.vespid.protocol.Json;
import ai.vespid.protocol.Pool;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/**
 * Credentials kept between runs, one JSON object a line, readable by their owner alone: a fleet of
 * a thousand need not be paired each time.
 */
final class CredentialFile {
  private final Path path;

  CredentialFile(Path path) {
    this.path = path;
  }

  List<Credential> read(Pool pool) {
    if (!Files.exists(path)) return List.of();
    try (var lines = Files.lines(path)) {
      return lines
          .filter(line -> !line.isBlank())
          .map(line -> Json.read(line.getBytes(StandardCharsets.UTF_8), Credential.class))
          .map(CredentialFile::withPool)
          .filter(credential -> credential.pool() == pool)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void add(List<Credential> credentials) {
    var text = new ByteArrayOutputStream();
    for (var credential : credentials) {
      text.writeBytes(Json.write(credential));
      text.write('\n');
    }
    try {
      if (!Files.exists(path)) {
        Files.createFile(
            path,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      }
      Files.write(path, text.toByteArray(), StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  // Files written by hand may leave the pool out.
  private static Credential withPool(Credential read) {
    if (read.pool() != null) return read;
    return new Credential(
        read.executorId(), read.token(), read.organizationId(), read.userId(), Pool.BYON);
  }
}
