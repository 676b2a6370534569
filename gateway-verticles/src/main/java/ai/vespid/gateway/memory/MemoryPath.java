package ai.vespid.gateway.memory;

import ai.vespid.kit.crypto.Tokens;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Pattern;

/** Which documents there may be, and where their copies are. */
final class MemoryPath {
  /** The document that is written when none is named. */
  static final String MAIN = "MEMORY.md";

  private static final int CHARS_MAX = 200;
  private static final Pattern GOOD =
      Pattern.compile("MEMORY\\.md|memory(/[A-Za-z0-9_-][A-Za-z0-9._-]*){1,8}\\.md");

  private MemoryPath() {}

  static boolean good(String path) {
    return path != null && path.length() <= CHARS_MAX && GOOD.matcher(path).matches();
  }

  /**
   * The folder of a session key (contract 7.6); what had to be replaced is told apart by a hash.
   */
  static Path folder(Path root, String organizationId, String sessionKey) {
    var name = sessionKey.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9._-]", "-");
    boolean same = name.equals(sessionKey) && !name.startsWith(".");
    return root.resolve(organizationId)
        .resolve(same ? name : name.replaceFirst("^\\.+", "-") + "-" + hash(sessionKey));
  }

  private static String hash(String text) {
    return Tokens.hash(text).substring(0, 8);
  }
}
