package ai.vespid.gateway.memory;

import ai.vespid.gateway.memory.MemorySearch.Found;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.sql.MemoryRepository.Document;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The provider {@code qmd} (contract 7.7): an external program that indexes a folder and answers
 * questions about it. Each folder has an index of its own, so nobody finds what is another's. One
 * that is missing or too slow is left alone for a while, and {@code builtin} answers instead.
 * Blocks.
 */
final class Qmd {
  /** How requests name it. */
  static final String NAME = "qmd";

  private static final Logger LOG = LoggerFactory.getLogger(Qmd.class);
  private static final int AT_ONCE_MAX = 4;
  private static final int OUTPUT_BYTES_MAX = 4 << 20;
  private static final Duration LEFT_ALONE = Duration.ofMinutes(1);
  private static final String OWN = ".qmd";

  /** As the program writes it; {@code path} and {@code text} are what older ones say. */
  private record Told(
      String file, String path, Integer line, Double score, String snippet, String text) {
    String place() {
      return file == null ? path : file;
    }
  }

  private final String command;
  private final Duration max;
  private final InstantSource clock;
  private final Semaphore room = new Semaphore(AT_ONCE_MAX);
  private volatile long aloneUntilMs;

  /**
   * @param max for each of its runs
   */
  Qmd(String command, Duration max, InstantSource clock) {
    this.command = command;
    this.max = max;
    this.clock = clock;
  }

  /** Lets it read the folder again; false when it cannot. */
  boolean update(Path folder) {
    return ran(
            folder,
            () -> {
              if (!Files.isDirectory(folder.resolve(OWN))) {
                Files.createDirectories(folder.resolve(OWN));
                run(folder, "collection", "add", folder.toString(), "--name", "memory");
              }
              return run(folder, "update");
            })
        .isPresent();
  }

  /** What it finds among these documents, best first; empty when it cannot be asked. */
  Optional<List<Found>> find(Path folder, List<Document> documents, String query, int limit) {
    if (!update(folder)) return Optional.empty();
    // A question is never one of its options.
    var question = query.startsWith("-") ? ' ' + query : query;
    return ran(
        folder,
        () ->
            places(
                run(folder, "query", question, "--limit", Integer.toString(limit), "--json"),
                documents,
                limit));
  }

  /** It ran, and nothing came of it. */
  private static final class Failed extends IOException {
    private static final long serialVersionUID = 1L;

    Failed(String why) {
      super(why);
    }
  }

  /** One use of it. */
  private interface Use<T> {
    T ran() throws IOException, InterruptedException;
  }

  private <T> Optional<T> ran(Path folder, Use<T> use) {
    if (clock.millis() < aloneUntilMs || !room.tryAcquire()) return Optional.empty();
    try {
      return Optional.of(use.ran());
    } catch (Failed | InvalidMessage e) {
      // It may be about this folder alone: others are not to suffer from it.
      LOG.atWarn().addKeyValue("cause", e.getMessage()).log("qmd failed; builtin answers");
      return Optional.empty();
    } catch (IOException e) {
      aloneUntilMs = clock.millis() + LEFT_ALONE.toMillis();
      LOG.atWarn()
          .addKeyValue("cause", e.getMessage())
          .log("qmd cannot be used; builtin answers for a minute");
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    } finally {
      room.release();
    }
  }

  private byte[] run(Path folder, String... arguments) throws IOException, InterruptedException {
    var line = new ArrayList<String>();
    line.add(command);
    line.addAll(Arrays.asList(arguments));
    var output = Files.createTempFile("qmd-", ".json");
    try {
      var builder =
          new ProcessBuilder(line)
              .directory(folder.toFile())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .redirectOutput(output.toFile())
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
      environment(folder, builder.environment());
      await(builder.start(), arguments[0]);
      if (Files.size(output) > OUTPUT_BYTES_MAX) throw new Failed("it said too much");
      return Files.readAllBytes(output);
    } finally {
      Files.deleteIfExists(output);
    }
  }

  // Nothing of the gateway's secrets; its models may be shared, its index may not.
  private static void environment(Path folder, Map<String, String> environment) {
    environment.keySet().retainAll(List.of("PATH", "HOME", "LANG", "TMPDIR", "XDG_CACHE_HOME"));
    environment.put("NO_COLOR", "1");
    environment.put("INDEX_PATH", folder.resolve(OWN).resolve("index.sqlite").toString());
    environment.put("QMD_CONFIG_DIR", folder.resolve(OWN).toString());
  }

  private void await(Process process, String what) throws IOException, InterruptedException {
    if (!process.waitFor(max.toMillis(), TimeUnit.MILLISECONDS)) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
      throw new IOException(what + " took longer than " + max);
    }
    // A folder that it knows already is no failure.
    if (process.exitValue() != 0 && !what.equals("collection")) {
      throw new Failed(what + " ended with " + process.exitValue());
    }
  }

  // What is none of the documents is left out: its index may be older than they are.
  private static List<Found> places(byte[] output, List<Document> documents, int limit) {
    var text = new String(output, StandardCharsets.UTF_8).strip();
    if (!text.startsWith("[")) return List.of();
    var found = new ArrayList<Found>();
    for (var told : Json.read(text.getBytes(StandardCharsets.UTF_8), Told[].class)) {
      var document = documents.stream().filter(one -> is(one, told.place())).findFirst();
      if (document.isEmpty() || found.size() == limit) continue;
      var lines = document.get().content().lines().toList();
      int line = Math.clamp(told.line() == null ? 1 : told.line(), 1, Math.max(1, lines.size()));
      double score = told.score() == null ? 0 : told.score();
      found.add(MemorySearch.place(document.get().path(), lines, line - 2, line, score));
    }
    return found;
  }

  // It says where a document is by its collection, and not always in its case.
  private static boolean is(Document document, String place) {
    if (place == null) return false;
    var path = document.path().toLowerCase(Locale.ROOT);
    var said = place.toLowerCase(Locale.ROOT);
    return said.equals(path) || said.endsWith('/' + path);
  }
}
