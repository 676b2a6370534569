package ai.vespid.bench.fault;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Tells which of some processes opened a connection, from what Linux shows under {@code /proc}.
 * Without it all gateways look alike to a proxy, for all of them call from 127.0.0.1.
 */
final class SocketOwner {
  private static final List<Path> TABLES =
      List.of(Path.of("/proc/net/tcp"), Path.of("/proc/net/tcp6"));
  private static final int LOCAL = 1;
  private static final int REMOTE = 2;
  private static final int INODE = 9;

  private final Supplier<Map<String, Long>> pids;

  /**
   * @param pids the processes that may own a connection, by name
   */
  SocketOwner(Supplier<Map<String, Long>> pids) {
    this.pids = pids;
  }

  /** The name of the process at the other end of an accepted socket, or {@code ANYBODY}. */
  String of(Socket accepted) {
    var inode = inode(accepted.getPort(), accepted.getLocalPort());
    if (inode.isEmpty()) return FaultProxy.ANYBODY;
    return pids.get().entrySet().stream()
        .filter(process -> has(process.getValue(), inode.get()))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElse(FaultProxy.ANYBODY);
  }

  private static Optional<String> inode(int localPort, int remotePort) {
    for (var table : TABLES) {
      try (var lines = Files.lines(table)) {
        var found =
            lines
                .map(line -> line.strip().split("\\s+"))
                .filter(fields -> fields.length > INODE)
                .filter(
                    fields -> ends(fields[LOCAL], localPort) && ends(fields[REMOTE], remotePort))
                .map(fields -> fields[INODE])
                .findFirst();
        if (found.isPresent()) return found;
      } catch (IOException e) {
        throw new UncheckedIOException("fault runs need Linux", e);
      }
    }
    return Optional.empty();
  }

  private static boolean ends(String address, int port) {
    return address.endsWith(":%04X".formatted(port));
  }

  private static boolean has(long pid, String inode) {
    try (var files = Files.newDirectoryStream(Path.of("/proc", Long.toString(pid), "fd"))) {
      for (var file : files) {
        if (links(file, "socket:[" + inode + "]")) return true;
      }
      return false;
    } catch (IOException _) {
      // It has ended.
      return false;
    }
  }

  private static boolean links(Path file, String target) {
    try {
      return Files.readSymbolicLink(file).toString().equals(target);
    } catch (IOException _) {
      // Closed since it was listed.
      return false;
    }
  }
}
