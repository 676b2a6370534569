package ai.vespid.gateway.memory;

import ai.vespid.sql.MemoryRepository.Document;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;

/** Finds lines by their words, with nothing but the text (the original's {@code builtin}). */
final class MemorySearch {
  /** A place in a document; lines count from 1. */
  record Found(String path, String snippet, int lineStart, int lineEnd, double score) {}

  private MemorySearch() {}

  /** The lines that have most of the query's words, with their neighbours, best first. */
  static List<Found> byWords(List<Document> documents, String query, int limit) {
    var words = words(query);
    var found = new ArrayList<Found>();
    for (var document : documents) {
      var lines = document.content().lines().toList();
      for (int i = 0; i < lines.size(); i++) {
        var text = lines.get(i).toLowerCase(Locale.ROOT);
        long score = words.stream().filter(text::contains).count();
        if (score > 0) found.add(place(document.path(), lines, i - 1, i + 1, score));
      }
    }
    found.sort(Comparator.comparingDouble(Found::score).reversed());
    return List.copyOf(found.subList(0, Math.min(limit, found.size())));
  }

  /** The words of a query in lower case, each once. */
  static List<String> words(String query) {
    var words = new LinkedHashSet<String>();
    for (var word : query.toLowerCase(Locale.ROOT).split("[^\\p{L}\\p{N}_-]+")) {
      if (!word.isEmpty()) words.add(word);
    }
    return List.copyOf(words);
  }

  /** Lines from one to another, both counted from 0 and cut to what there is. */
  static Found place(String path, List<String> lines, int from, int to, double score) {
    int first = Math.max(0, from);
    int last = Math.min(lines.size() - 1, to);
    var snippet = String.join("\n", lines.subList(first, last + 1));
    return new Found(path, snippet, first + 1, last + 1, score);
  }
}
