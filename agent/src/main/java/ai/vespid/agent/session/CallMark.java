package ai.vespid.agent.session;

import java.util.List;
import java.util.UUID;

/**
 * Tells what one call started in a session from everything else there: it carries a variable, and
 * by that it is found and killed from inside, however far it moved away. What a call that ended by
 * itself leaves in the background stays.
 */
public record CallMark(String value) {
  public static final String VARIABLE = "VESPID_CALL";

  /** What the killer says when nothing is left. */
  public static final String GONE = "gone";

  // Again and again: what is just being forked is found the next time. It does not find itself,
  // which has the mark among its arguments alone.
  private static final String KILL =
      """
      n=0; while [ $n -lt 50 ]; do found=
      for p in /proc/[0-9]*; do
        grep -qs "VESPID_CALL=$0" $p/environ || continue
        kill -9 ${p#/proc/} 2>/dev/null && found=1
      done
      [ -n "$found" ] || { echo gone; exit 0; }; n=$((n+1)); done
      """;

  /** A new one. */
  public static CallMark fresh() {
    return new CallMark(UUID.randomUUID().toString());
  }

  /** The program that ends everything with this mark, to be run as the call itself was. */
  public List<String> killer() {
    return List.of("sh", "-c", KILL, value);
  }
}
