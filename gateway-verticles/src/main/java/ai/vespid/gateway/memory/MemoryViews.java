package ai.vespid.gateway.memory;

import ai.vespid.gateway.memory.MemorySearch.Found;
import ai.vespid.gateway.memory.MemoryTools.Worker;
import ai.vespid.protocol.Check;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.bus.SessionMemory.Find;
import ai.vespid.protocol.bus.SessionMemory.Look;
import ai.vespid.protocol.bus.SessionMemory.Used;
import ai.vespid.sql.MemoryRepository;
import ai.vespid.sql.MemoryRepository.Document;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** What people see of what is remembered: of many sessions at once, as far as they may. */
final class MemoryViews {
  private static final int DOCUMENTS_MAX = 200;
  private static final int FOUND = 50;
  private static final int FOUND_MAX = 200;
  private static final int CHUNKS_MAX = 1_000;
  private static final int HEAD_LINES = 3;

  private record Wanted(String query, Integer limit, String mode) {
    Wanted {
      Check.text("q", query, 1, 500);
      limit = limit == null ? FOUND : Check.range("limit", limit, 1, FOUND_MAX);
      if (mode != null && !List.of("text", "semantic").contains(mode)) {
        throw new InvalidMessage("mode", "must be text or semantic");
      }
    }

    boolean semantic() {
      return "semantic".equals(mode);
    }
  }

  /** A place in a document of some session. */
  private record Hit(
      String docId,
      String sessionKey,
      String docPath,
      String contentHash,
      String snippet,
      int lineStart,
      int lineEnd,
      double score) {
    static Hit of(Document document, Found found) {
      return new Hit(
          document.id(),
          document.sessionKey(),
          document.path(),
          document.hash(),
          found.snippet(),
          found.lineStart(),
          found.lineEnd(),
          found.score());
    }
  }

  private record Hits(List<Hit> results) {}

  private record Chunk(int index, int lineStart, int lineEnd, String content) {}

  private record Whole(
      String id,
      String sessionKey,
      String docPath,
      String contentHash,
      String content,
      String updatedAt) {}

  private record Seen(Whole document, List<Chunk> chunks) {}

  private final MemoryRepository repository;
  private final Meaning meaning;
  private final Worker worker;

  MemoryViews(MemoryRepository repository, Meaning meaning, Worker worker) {
    this.repository = repository;
    this.meaning = meaning;
    this.worker = worker;
  }

  Future<Used> find(Find find) {
    var wanted = Json.read(find.input().bytes(), Wanted.class);
    var words = wanted.semantic() ? List.<String>of() : MemorySearch.words(wanted.query());
    // Of nothing but signs there is no word to look for.
    if (!wanted.semantic() && words.isEmpty())
      return Future.succeededFuture(used(new Hits(List.of())));
    return repository
        .newest(find.organizationId(), find.userId(), find.sessionKey(), words, DOCUMENTS_MAX)
        .compose(documents -> worker.run(() -> used(new Hits(hits(documents, wanted)))));
  }

  private List<Hit> hits(List<Document> documents, Wanted wanted) {
    var hits = new ArrayList<Hit>();
    for (var document : documents) {
      var alone = List.of(document);
      var found =
          wanted.semantic()
              ? meaning.find(alone, wanted.query(), wanted.limit())
              : MemorySearch.byWords(alone, wanted.query(), wanted.limit());
      // It is named so, or has that hash (the original knew no more).
      var places = found.isEmpty() && !wanted.semantic() ? List.of(head(document)) : found;
      places.forEach(place -> hits.add(Hit.of(document, place)));
    }
    hits.sort(Comparator.comparingDouble(Hit::score).reversed());
    return List.copyOf(hits.subList(0, Math.min(wanted.limit(), hits.size())));
  }

  private static Found head(Document document) {
    var lines = document.content().lines().toList();
    return MemorySearch.place(document.path(), lines, 0, HEAD_LINES - 1, 1);
  }

  Future<Used> look(Look look) {
    return repository
        .find(look.organizationId(), look.userId(), look.documentId())
        .compose(found -> worker.run(() -> found.map(MemoryViews::seen)))
        .map(seen -> new Used(seen.orElse(null), null));
  }

  private static RawJson seen(Document document) {
    var lines = document.content().lines().toList();
    var chunks = new ArrayList<Chunk>();
    for (var piece : Meaning.pieces(lines)) {
      if (chunks.size() == CHUNKS_MAX) break;
      var text = String.join("\n", lines.subList(piece[0], piece[1] + 1));
      chunks.add(new Chunk(chunks.size(), piece[0] + 1, piece[1] + 1, text));
    }
    var whole =
        new Whole(
            document.id(),
            document.sessionKey(),
            document.path(),
            document.hash(),
            document.content(),
            Optional.ofNullable(document.updatedAt()).map(Object::toString).orElse(null));
    return RawJson.from(new Seen(whole, chunks));
  }

  private static Used used(Object output) {
    return new Used(RawJson.from(output), null);
  }
}
