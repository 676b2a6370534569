package ai.vespid.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the compiler lets pass and people would have to remember. Each finding says what to do. */
final class TidyTest {
  private static final int LINES_MAX = 350;

  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  /**
   * Text that may not stand in some files.
   *
   * @param where the paths it is banned from
   * @param instead what to do about it
   */
  private record Ban(Pattern text, Predicate<String> where, String instead) {}

  private static final Predicate<String> TESTS = path -> path.contains("/src/test/");
  private static final Predicate<String> PROGRAMS =
      path -> path.matches(".*/(server|agent|bench)/src/main/.*");

  private static final List<Ban> BANS =
      List.of(
          ban("Thread" + "\\.sleep", TESTS, "wait for what you expect, with a bound"),
          ban("@Dis" + "abled", TESTS, "fix the test or remove it"),
          ban("System\\.o" + "ut", PROGRAMS.or(TESTS).negate(), "use a logger"),
          ban("\\b(TO" + "DO|FIX" + "ME)\\b", _ -> true, "do it, or write an issue"),
          ban("^import [\\w. ]+\\.\\*;", _ -> true, "import what you use, by name"),
          ban(
              "^package .*\\b(util|utils|common|helper|helpers|impl)\\b",
              _ -> true,
              "name the package after what it is about"));

  private static final Pattern BAD_NAME = Pattern.compile(".*(Utils?|Common|Helpers?|Impl)\\.java");

  private static Ban ban(String text, Predicate<String> where, String instead) {
    return new Ban(Pattern.compile(text), where, instead);
  }

  private static List<Path> sources() {
    try (Stream<Path> files = Files.walk(ROOT, 14)) {
      return files
          .filter(file -> file.toString().matches(".*/src/(main|test)/java/.*\\.java"))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void sourcesHaveNothingThatIsBanned() {
    var findings = new ArrayList<String>();
    for (var file : sources()) {
      var lines = lines(file);
      for (int i = 0; i < lines.size(); i++) {
        for (var ban : BANS) {
          if (ban.where().test(file.toString()) && ban.text().matcher(lines.get(i)).find()) {
            findings.add(at(file, i) + lines.get(i).strip() + " -> " + ban.instead());
          }
        }
      }
    }
    assertThat(findings).isEmpty();
  }

  @Test
  void filesAreShortEnoughToBeReadAtOnce() {
    assertThat(sources())
        .filteredOn(file -> lines(file).size() > LINES_MAX)
        .as("more than " + LINES_MAX + " lines -> split by what they are about")
        .isEmpty();
  }

  @Test
  void classesAreNamedAfterWhatTheyAre() {
    assertThat(sources())
        .filteredOn(file -> BAD_NAME.matcher(file.toString()).matches())
        .as("a name that says nothing -> name what it does")
        .isEmpty();
  }

  @Test
  void verticlesNameEveryMessageTheyReceive() {
    // Without a default the compiler says which message was forgotten.
    var findings = new ArrayList<String>();
    for (var file : sources()) {
      if (!file.toString().endsWith("Verticle.java")) continue;
      var lines = lines(file);
      boolean receiving = false;
      for (int i = 0; i < lines.size(); i++) {
        if (lines.get(i).matches("  \\S.* receive\\(.*")) receiving = true;
        if (lines.get(i).equals("  }")) receiving = false;
        if (receiving && lines.get(i).contains("default ->")) {
          findings.add(at(file, i) + "default -> name every case of the sealed type");
        }
      }
    }
    assertThat(findings).isEmpty();
  }

  private static String at(Path file, int line) {
    return ROOT.relativize(file) + ":" + (line + 1) + ": ";
  }
}
