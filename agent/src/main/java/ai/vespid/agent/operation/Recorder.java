package ai.vespid.agent.operation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.ParseException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import jdk.jfr.Configuration;
import jdk.jfr.Recording;

/** The flight recorder of Java, for as long as somebody asks: what the agent does with its time. */
final class Recorder {
  static final int SECONDS_MAX = 60;

  private final Semaphore one = new Semaphore(1);

  /**
   * Records for so many seconds, 1 to {@link #SECONDS_MAX}, and answers the recording as a file
   * that the caller removes. Blocks.
   *
   * @return null while another one records
   */
  Path record(int seconds) throws IOException {
    if (!one.tryAcquire()) return null;
    try (var recording = new Recording(Configuration.getConfiguration("profile"))) {
      recording.start();
      long until =
          System.nanoTime() + Duration.ofSeconds(Math.clamp(seconds, 1, SECONDS_MAX)).toNanos();
      while (System.nanoTime() < until) {
        LockSupport.parkNanos(
            Math.max(TimeUnit.MILLISECONDS.toNanos(1), until - System.nanoTime()));
      }
      recording.stop();
      var file = Files.createTempFile("vespid-agent", ".jfr");
      recording.dump(file);
      return file;
    } catch (ParseException e) {
      throw new IOException("this Java has no such configuration");
    } finally {
      one.release();
    }
  }
}
