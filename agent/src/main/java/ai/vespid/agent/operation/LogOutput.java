package ai.vespid.agent.operation;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.rolling.FixedWindowRollingPolicy;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy;
import ch.qos.logback.core.util.FileSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.slf4j.LoggerFactory;

/**
 * Where the agent's log goes: to standard error, and to a file that {@code logs} shows, of which
 * three of 10 MiB are kept.
 */
public final class LogOutput {
  private static final FileSize FILE_MAX = FileSize.valueOf("10MB");

  private LogOutput() {}

  /**
   * Directs the log.
   *
   * @param file null for none
   */
  public static void direct(String level, boolean json, Path file) throws IOException {
    var context = (LoggerContext) LoggerFactory.getILoggerFactory();
    var root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.toLevel(level, Level.INFO));
    if (json
        && root.getAppender(LogDefaults.STDERR) instanceof ConsoleAppender<ILoggingEvent> console) {
      console.stop();
      console.setEncoder(encoder(context, true));
      console.start();
    }
    if (file != null) root.addAppender(rolling(context, json, file));
  }

  private static OutputStreamAppender<ILoggingEvent> rolling(
      LoggerContext context, boolean json, Path file) throws IOException {
    ownersAlone(file);
    var appender = new RollingFileAppender<ILoggingEvent>();
    appender.setContext(context);
    appender.setFile(file.toString());
    appender.setEncoder(encoder(context, json));
    var window = new FixedWindowRollingPolicy();
    window.setContext(context);
    window.setParent(appender);
    window.setFileNamePattern(file + ".%i");
    window.setMinIndex(1);
    window.setMaxIndex(2);
    window.start();
    var size = new SizeBasedTriggeringPolicy<ILoggingEvent>();
    size.setContext(context);
    size.setMaxFileSize(FILE_MAX);
    size.start();
    appender.setRollingPolicy(window);
    appender.setTriggeringPolicy(size);
    appender.start();
    return appender;
  }

  private static void ownersAlone(Path file) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    if (!Files.exists(file)) {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }
  }

  private static Encoder<ILoggingEvent> encoder(LoggerContext context, boolean json) {
    if (json) {
      var lines = new JsonLines();
      lines.setContext(context);
      lines.start();
      return lines;
    }
    var text = new PatternLayoutEncoder();
    text.setContext(context);
    text.setPattern(LogDefaults.PATTERN);
    text.start();
    return text;
  }
}
