package ai.vespid.gateway.memory;

import ai.vespid.gateway.memory.MemorySearch.Found;
import ai.vespid.protocol.Check;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.bus.SessionMemory;
import ai.vespid.protocol.bus.SessionMemory.Use;
import ai.vespid.protocol.bus.SessionMemory.Used;
import ai.vespid.sql.MemoryRepository;
import ai.vespid.sql.MemoryRepository.Document;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;

/**
 * The tools {@code memory.search}, {@code memory.get}, {@code memory.write} and {@code
 * memory.sync}. Before each the folder and the database are compared, so that what somebody edited
 * is found at once, and what was written on another node is there.
 */
final class MemoryTools {
  private static final int FOUND = 8;
  private static final int FOUND_MAX = 50;
  private static final int LINES = 80;
  private static final int LINES_MAX = 500;
  private static final int TRIES_MAX = 4;
  private static final String PROVIDER = "builtin";

  /** Runs what blocks. */
  interface Worker {
    <T> Future<T> run(Callable<T> work);
  }

  /** A tool that cannot be used so. */
  static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Refused(String error) {
      super(error, null, false, false);
    }
  }

  /** What a search is asked with. */
  record Search(String query, Integer limit, String mode, String provider) {
    Search {
      Check.text("query", query, 1, 500);
      limit = limit == null ? FOUND : Check.range("limit", limit, 1, FOUND_MAX);
      if (mode != null && !List.of("text", "semantic").contains(mode)) {
        throw new InvalidMessage("mode", "must be text or semantic");
      }
      provider = known(provider);
    }

    boolean semantic() {
      return "semantic".equals(mode);
    }

    boolean external() {
      return Qmd.NAME.equals(provider);
    }
  }

  /**
   * @param fallbackFrom the provider that was asked for and could not answer; null when it did
   */
  private record Results(List<Found> results, String mode, String provider, String fallbackFrom) {}

  private record Sync(String provider) {
    Sync {
      provider = known(provider);
    }
  }

  private static String known(String provider) {
    if (provider == null) return PROVIDER;
    if (!provider.equals(PROVIDER) && !provider.equals(Qmd.NAME)) {
      throw new InvalidMessage("provider", "must be builtin or qmd");
    }
    return provider;
  }

  private record Get(String path, Integer lineStart, Integer lines) {
    Get {
      if (path == null) path = MemoryPath.MAIN;
      lineStart = lineStart == null ? 1 : Check.range("lineStart", lineStart, 1, 1_000_000);
      lines = lines == null ? LINES : Check.range("lines", lines, 1, LINES_MAX);
    }
  }

  private record Text(String path, String text, int lineStart, int lineEnd) {}

  private record Write(String path, String text, Boolean replace) {
    Write {
      if (path == null) path = MemoryPath.MAIN;
      if (!MemoryPath.good(path)) {
        throw new InvalidMessage("path", "must be MEMORY.md or memory/<name>.md");
      }
      if (text == null || text.indexOf('\0') >= 0) {
        throw new InvalidMessage("text", "must be a text without NUL");
      }
    }
  }

  private record Written(String path, int chars) {}

  private record Synced(
      String provider, String fallbackFrom, String workspaceDir, int documents, int changed) {}

  private record State(Map<String, String> contents, List<Document> documents, int changed) {
    /** Whether a write is in there already, so that nobody asks for it a second time. */
    boolean has(String path, String once) {
      return once != null
          && documents.stream()
              .anyMatch(
                  document -> document.path().equals(path) && document.writes().contains(once));
    }
  }

  private final MemoryRepository repository;
  private final Path root;
  private final SessionMemorySettings settings;
  private final Meaning meaning;
  private final Qmd qmd;
  private final Worker worker;

  MemoryTools(
      MemoryRepository repository,
      Path root,
      SessionMemorySettings settings,
      Meaning meaning,
      Qmd qmd,
      Worker worker) {
    this.repository = repository;
    this.root = root;
    this.settings = settings;
    this.meaning = meaning;
    this.qmd = qmd;
    this.worker = worker;
  }

  Future<Used> use(Use use) {
    try {
      return switch (use.toolId()) {
        case SessionMemory.SEARCH -> search(use, read(use, Search.class));
        case SessionMemory.GET -> get(use, read(use, Get.class));
        case SessionMemory.WRITE -> write(use, read(use, Write.class), 1);
        case SessionMemory.SYNC -> synced(use, read(use, Sync.class));
        default -> throw new Refused(ErrorCode.TOOL_NOT_SUPPORTED.with(use.toolId()));
      };
    } catch (InvalidMessage | Refused e) {
      return Future.failedFuture(e);
    }
  }

  private static <T> T read(Use use, Class<T> type) {
    var input = use.input() == null || use.input().equals(RawJson.NULL) ? null : use.input();
    return Json.read(input == null ? "{}".getBytes() : input.bytes(), type);
  }

  private static Used used(Object output) {
    return new Used(RawJson.from(output), null);
  }

  private Path folder(Use use) {
    return MemoryPath.folder(root, use.organizationId(), use.sessionKey());
  }

  private Future<Used> synced(Use use, Sync wanted) {
    boolean external = Qmd.NAME.equals(wanted.provider());
    return sync(use)
        .compose(state ->
            worker
                .run(() -> external && qmd.update(folder(use)))
                .map(updated -> {
                  var fallback = external && !updated ? Qmd.NAME : null;
                  var provider = external && updated ? Qmd.NAME : PROVIDER;
                  return used(
                      new Synced(
                          provider,
                          fallback,
                          folder(use).toString(),
                          state.documents().size(),
                          state.changed()));
                }));
  }

  private Future<Used> search(Use use, Search search) {
    return sync(use)
        .compose(state ->
            worker.run(() -> {
              var found =
                  search.external()
                      ? qmd.find(folder(use), state.documents(), search.query(), search.limit())
                      : Optional.<List<Found>>empty();
              var mode = search.semantic() ? "semantic" : "text";
              if (found.isPresent()) return new Results(found.get(), mode, Qmd.NAME, null);
              var fallback = search.external() ? Qmd.NAME : null;
              return new Results(builtin(state.documents(), search), mode, PROVIDER, fallback);
            }))
        .map(MemoryTools::used);
  }

  private List<Found> builtin(List<Document> documents, Search search) {
    return search.semantic()
        ? meaning.find(documents, search.query(), search.limit())
        : MemorySearch.byWords(documents, search.query(), search.limit());
  }

  private Future<Used> get(Use use, Get get) {
    return sync(use)
        .map(state -> {
          var content = state.contents().get(get.path());
          if (content == null) {
            throw new Refused(ErrorCode.MEMORY_FILE_NOT_FOUND.with(get.path()));
          }
          var lines = content.lines().toList();
          int first = Math.min(get.lineStart(), lines.size() + 1);
          int last = Math.min(lines.size(), first + get.lines() - 1);
          var text = String.join("\n", lines.subList(first - 1, last));
          return used(new Text(get.path(), text, first, last));
        });
  }

  // Written over what was read: whoever was faster is read again.
  private Future<Used> write(Use use, Write write, int attempt) {
    return sync(use)
        .compose(state -> {
          var before = state.contents().get(write.path());
          if (state.has(write.path(), use.once())) {
            return Future.succeededFuture(used(new Written(write.path(), before.length())));
          }
          boolean fresh = before == null || Boolean.TRUE.equals(write.replace());
          var content = fresh ? write.text() : joined(before, write.text());
          if (content.length() > settings.docCharsMax()) {
            throw new InvalidMessage(
                "text", "a document has at most " + settings.docCharsMax() + " characters");
          }
          if (before == null && state.documents().size() >= settings.docsMax()) {
            throw new InvalidMessage(
                "path", "there are " + settings.docsMax() + " documents already");
          }
          var once = Optional.ofNullable(use.once()).stream().toList();
          return put(use, write.path(), content, before == null ? null : hash(before), once)
              .compose(stored -> {
                if (stored) {
                  return sync(use).map(_ -> used(new Written(write.path(), content.length())));
                }
                if (attempt == TRIES_MAX) throw new Refused(ErrorCode.MEMORY_BUSY.name());
                return write(use, write, attempt + 1);
              });
        });
  }

  private static String joined(String before, String text) {
    return before.isEmpty() || before.endsWith("\n") ? before + text : before + "\n" + text;
  }

  private static String hash(String content) {
    return MemoryFolder.hash(content);
  }

  private Future<Boolean> put(
      Use use, String path, String content, String before, List<String> once) {
    var document = new Document(null, use.sessionKey(), path, content, hash(content), once, null);
    return repository.put(use.organizationId(), document, before).map(Optional::isPresent);
  }

  private Future<State> sync(Use use) {
    var folder = new MemoryFolder(folder(use), settings.docsMax(), settings.docCharsMax());
    return stored(use)
        .compose(before ->
            worker
                .run(() -> folder.compare(contents(before)))
                .compose(changes -> agree(use, folder, before, changes)));
  }

  private Future<State> agree(
      Use use, MemoryFolder folder, List<Document> before, List<MemoryFolder.Change> changes) {
    // Another node may have been faster: the folder's stays as it is, and is compared again.
    var late = new HashSet<String>();
    return putAll(use, changes, late)
        .compose(_ -> changes.isEmpty() ? Future.succeededFuture(before) : stored(use))
        .compose(now ->
            worker.run(() -> {
              var contents = contents(now);
              var agreed = new HashMap<>(contents);
              agreed.keySet().removeAll(late);
              folder.agreed(agreed);
              return new State(contents, now, changes.size() - late.size());
            }));
  }

  private Future<List<Document>> stored(Use use) {
    return repository.all(use.organizationId(), use.sessionKey(), settings.docsMax());
  }

  private static Map<String, String> contents(List<Document> documents) {
    var contents = new HashMap<String, String>();
    documents.forEach(document -> contents.put(document.path(), document.content()));
    return contents;
  }

  private Future<?> putAll(Use use, List<MemoryFolder.Change> changes, Set<String> late) {
    var puts =
        changes.stream()
            .map(change ->
                put(use, change.path(), change.content(), change.before(), List.of())
                    .onSuccess(stored -> {
                      if (!stored) late.add(change.path());
                    }))
            .toList();
    return Future.join(puts);
  }
}
