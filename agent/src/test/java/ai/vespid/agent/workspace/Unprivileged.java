package ai.vespid.agent.workspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/**
 * Starts Java as a user for whom the modes of files count: root may read and write everything,
 * which would hide what these tests look for. Whoever is not root already stays who he is.
 */
final class Unprivileged implements AutoCloseable {
  private static final List<String> AS_NOBODY =
      List.of(
          "setpriv",
          "--reuid",
          "65534",
          "--regid",
          "65534",
          "--clear-groups",
          "--inh-caps=-all",
          "--bounding-set=-all");
  static final boolean ROOT = "root".equals(System.getProperty("user.name"));

  private final Path home;
  private final String classPath;

  Unprivileged() throws IOException, InterruptedException {
    // Not below a home that only its owner may enter, as the temporary directory of JUnit is.
    home = openToAll(Files.createTempDirectory("unprivileged-"));
    if (ROOT) assumeThatWeMayBeNobody();
    classPath = ROOT ? readableClassPath() : System.getProperty("java.class.path");
  }

  /** A new directory in which that user may do as it likes. */
  Path directory(String name) throws IOException {
    return openToAll(Files.createTempDirectory(home, name));
  }

  private static Path openToAll(Path directory) throws IOException {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
    return directory;
  }

  private static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  private void assumeThatWeMayBeNobody() throws IOException, InterruptedException {
    var command = new ArrayList<>(AS_NOBODY);
    command.addAll(List.of(java(), "-version"));
    assume(command, "root cannot become another user here");
  }

  /** Skips the test, with the reason where people look, unless this command works. */
  static void assume(List<String> command, String otherwise)
      throws IOException, InterruptedException {
    var output = Files.createTempFile("assume-", ".log");
    boolean works;
    try {
      works =
          new ProcessBuilder(command)
                  .redirectErrorStream(true)
                  .redirectOutput(output.toFile())
                  .start()
                  .waitFor()
              == 0;
    } catch (IOException e) {
      Files.writeString(output, e.getMessage());
      works = false;
    }
    var reason = otherwise + ": " + Files.readString(output).strip();
    Files.delete(output);
    if (!works) System.out.println("skipped, " + reason);
    assumeTrue(works, reason);
  }

  // The repository of Maven is often in the home of root, where nobody else may read.
  private String readableClassPath() throws IOException {
    var entries = new ArrayList<String>();
    for (var entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
      var copy = home.resolve("class-path").resolve(entries.size() + "");
      var source = Path.of(entry);
      if (!Files.exists(source)) continue;
      copyReadable(source, Files.createDirectories(copy).resolve(source.getFileName()));
      entries.add(copy.resolve(source.getFileName()).toString());
    }
    return String.join(File.pathSeparator, entries);
  }

  private static void copyReadable(Path from, Path to) throws IOException {
    Files.walkFileTree(
        from,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes)
              throws IOException {
            Files.createDirectories(to.resolve(from.relativize(path)));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path path, BasicFileAttributes attributes)
              throws IOException {
            var copy = path.equals(from) ? to : to.resolve(from.relativize(path));
            Files.copy(path, copy, StandardCopyOption.REPLACE_EXISTING);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /** A class with a main, behind a command that starts it, such as {@code prlimit}. */
  Process start(List<String> starter, Class<?> main, List<String> arguments) throws IOException {
    var command = new ArrayList<String>();
    if (ROOT) command.addAll(AS_NOBODY);
    command.addAll(starter);
    command.addAll(
        List.of(
            java(),
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            "-Xmx64m",
            "-Djava.io.tmpdir=" + home,
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            classPath,
            main.getName()));
    command.addAll(arguments);
    return new ProcessBuilder(command).directory(home.toFile()).redirectErrorStream(true).start();
  }

  /** What it printed, its log included; it must end well. */
  static List<String> outputOf(Process process) throws IOException, InterruptedException {
    try (var output = process.inputReader()) {
      var lines = output.readAllLines();
      assertThat(process.waitFor()).as(String.join("\n", lines)).isZero();
      return lines;
    }
  }

  @Override
  public void close() throws IOException {
    Deletion.of(home);
  }
}
