package ai.vespid.kit.node;

import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/** Tells when files were changed, such as certificates that somebody renews. */
public final class FileWatch {
  private static final Duration EVERY = Duration.ofSeconds(5);

  private final Vertx vertx;
  private final List<Path> files;
  private final Runnable changed;
  private String stamps;

  private FileWatch(Vertx vertx, List<Path> files, Runnable changed) {
    this.vertx = vertx;
    this.files = List.copyOf(files);
    this.changed = changed;
    this.stamps = stamps();
  }

  /** Calls {@code changed} on the caller's context, within seconds, for as long as that lives. */
  public static void start(Vertx vertx, List<Path> files, Runnable changed) {
    start(vertx, files, EVERY, changed);
  }

  /** As above, looking this often. */
  public static void start(Vertx vertx, List<Path> files, Duration every, Runnable changed) {
    var watch = new FileWatch(vertx, files, changed);
    vertx.setPeriodic(every.toMillis(), _ -> watch.look());
  }

  private void look() {
    vertx
        .executeBlocking(this::stamps)
        .onSuccess(now -> {
          if (now.equals(stamps)) return;
          stamps = now;
          changed.run();
        });
  }

  private String stamps() {
    return files.stream().map(FileWatch::stamp).collect(Collectors.joining(";"));
  }

  private static String stamp(Path file) {
    try {
      return Files.getLastModifiedTime(file) + "," + Files.size(file);
    } catch (IOException e) {
      return "absent";
    }
  }
}
