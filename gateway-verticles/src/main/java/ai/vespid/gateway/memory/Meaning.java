package ai.vespid.gateway.memory;

import ai.vespid.gateway.memory.MemorySearch.Found;
import ai.vespid.sql.MemoryRepository.Document;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Finds what means the same, in other words too. What a piece of text means is asked of a model in
 * this process once. Blocks: it computes for milliseconds a piece.
 */
final class Meaning {
  private static final int LINES = 12;
  private static final int KEPT_MAX = 20_000;
  private static final double SCORE_MIN = 0.2;

  /** A model that says where a text lies among all others. */
  interface Model {
    float[] embed(String text);
  }

  private final Model model;
  private final Cache<String, float[]> known = Caffeine.newBuilder().maximumSize(KEPT_MAX).build();

  Meaning(Model model) {
    this.model = model;
  }

  /** The pieces that are nearest to the query, best first. */
  List<Found> find(List<Document> documents, String query, int limit) {
    var wanted = model.embed(query);
    var found = new ArrayList<Found>();
    for (var document : documents) {
      var lines = document.content().lines().toList();
      for (var piece : pieces(lines)) {
        var text = String.join("\n", lines.subList(piece[0], piece[1] + 1));
        if (text.isBlank()) continue;
        double score =
            similarity(wanted, known.get(MemoryFolder.hash(text), _ -> model.embed(text)));
        if (score < SCORE_MIN) continue;
        found.add(MemorySearch.place(document.path(), lines, piece[0], piece[1], score));
      }
    }
    found.sort(Comparator.comparingDouble(Found::score).reversed());
    return List.copyOf(found.subList(0, Math.min(limit, found.size())));
  }

  /** A paragraph at a time, headings with what follows; long ones in parts. Both ends belong. */
  static List<int[]> pieces(List<String> lines) {
    var pieces = new ArrayList<int[]>();
    int from = 0;
    for (int i = 0; i < lines.size(); i++) {
      boolean blank = lines.get(i).isBlank() && i > from && !lines.get(i - 1).startsWith("#");
      if (!blank && i - from + 1 < LINES) continue;
      pieces.add(new int[] {from, blank ? i - 1 : i});
      from = i + 1;
    }
    if (from < lines.size()) pieces.add(new int[] {from, lines.size() - 1});
    return pieces;
  }

  private static double similarity(float[] one, float[] other) {
    double product = 0;
    double oneLength = 0;
    double otherLength = 0;
    for (int i = 0; i < one.length; i++) {
      product += one[i] * other[i];
      oneLength += one[i] * one[i];
      otherLength += other[i] * other[i];
    }
    return product / Math.max(1e-9, Math.sqrt(oneLength * otherLength));
  }
}
