package ai.vespid.gateway.memory;

import ai.vespid.kit.crypto.Tokens;
import ai.vespid.protocol.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * This node's copy of one session key's documents, which people may edit. What was the same on both
 * sides last is written down beside it, so that a change can be told from an older state. Blocks.
 */
final class MemoryFolder {
  private static final String STATE = ".synced.json";
  private static final int DEPTH_MAX = 9;

  /**
   * What has to be done to one document.
   *
   * @param content what the table must get; null when it has the right one
   * @param before the hash of what it is written over, null for none
   */
  record Change(String path, String content, String before) {}

  private record State(Map<String, String> hashes) {
    State {
      hashes = hashes == null ? Map.of() : Map.copyOf(hashes);
    }
  }

  private final Path folder;
  private final int docsMax;
  private final int charsMax;

  MemoryFolder(Path folder, int docsMax, int charsMax) {
    this.folder = folder;
    this.docsMax = docsMax;
    this.charsMax = charsMax;
  }

  /**
   * Brings the folder up to date with the table and answers what somebody changed in the folder.
   * Changed on both sides, the table's stays and the folder's becomes a document of its own.
   *
   * @param table contents by path
   */
  List<Change> compare(Map<String, String> table) throws IOException {
    var files = read();
    var synced = synced();
    var changes = new ArrayList<Change>();
    var paths = new TreeMap<String, Boolean>();
    files.keySet().forEach(path -> paths.put(path, true));
    table.keySet().forEach(path -> paths.put(path, true));
    for (var path : paths.keySet()) {
      var file = files.get(path);
      var stored = table.get(path);
      if (file != null && file.equals(stored)) continue;
      boolean edited = file != null && !hash(file).equals(synced.get(path));
      boolean news = stored != null && !hash(stored).equals(synced.get(path));
      if (edited && news) {
        changes.add(new Change(aside(path, file), file, null));
        write(path, stored);
      } else if (edited) {
        changes.add(new Change(path, file, stored == null ? null : hash(stored)));
      } else if (stored != null) {
        write(path, stored);
      }
    }
    return changes;
  }

  private static String aside(String path, String content) {
    var name = path.substring(path.lastIndexOf('/') + 1);
    return "memory/conflict-" + hash(content).substring(0, 8) + "-" + name;
  }

  /** Both sides are so now. */
  void agreed(Map<String, String> table) throws IOException {
    for (var document : table.entrySet()) {
      var file = resolve(document.getKey());
      boolean same =
          Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
              && Files.readString(file).equals(document.getValue());
      if (!same) write(document.getKey(), document.getValue());
    }
    var hashes = new LinkedHashMap<String, String>();
    table.forEach((path, content) -> hashes.put(path, hash(content)));
    Files.createDirectories(folder);
    replace(folder.resolve(STATE), Json.write(new State(hashes)));
  }

  static String hash(String content) {
    return Tokens.hash(content);
  }

  // What is no document of ours, too long or a link, is left alone.
  private Map<String, String> read() throws IOException {
    var files = new TreeMap<String, String>();
    if (!Files.isDirectory(folder)) return files;
    try (var walk = Files.walk(folder, DEPTH_MAX)) {
      for (var file : (Iterable<Path>) walk::iterator) {
        var path = folder.relativize(file).toString().replace('\\', '/');
        if (!MemoryPath.good(path) || !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
          continue;
        }
        if (Files.size(file) > 4L * charsMax || files.size() == docsMax) continue;
        var content = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        if (content.length() <= charsMax && content.indexOf('\0') < 0) files.put(path, content);
      }
    }
    return files;
  }

  private Map<String, String> synced() throws IOException {
    var file = folder.resolve(STATE);
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) return Map.of();
    return Json.read(Files.readAllBytes(file), State.class).hashes();
  }

  private Path resolve(String path) {
    if (!MemoryPath.good(path)) throw new IllegalArgumentException("no document: " + path);
    return folder.resolve(path);
  }

  private void write(String path, String content) throws IOException {
    var file = resolve(path);
    Files.createDirectories(file.getParent());
    replace(file, content.getBytes(StandardCharsets.UTF_8));
  }

  private static void replace(Path file, byte[] bytes) throws IOException {
    var fresh = Files.createTempFile(file.getParent(), ".writing-", null);
    Files.write(fresh, bytes);
    try {
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
