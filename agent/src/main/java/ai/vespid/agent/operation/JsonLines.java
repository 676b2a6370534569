package ai.vespid.agent.operation;

import ai.vespid.protocol.Json;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.encoder.EncoderBase;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;

/**
 * One line of JSON for each event (V-51): {@code timestamp}, {@code level}, {@code component},
 * {@code message}, and what the event is about under its own names.
 */
final class JsonLines extends EncoderBase<ILoggingEvent> {
  @Override
  public byte[] encode(ILoggingEvent event) {
    var line = new LinkedHashMap<String, Object>();
    line.put("timestamp", Instant.ofEpochMilli(event.getTimeStamp()).toString());
    line.put("level", event.getLevel().toString().toLowerCase(Locale.ROOT));
    var logger = event.getLoggerName();
    line.put("component", logger.substring(logger.lastIndexOf('.') + 1));
    line.put("message", event.getFormattedMessage());
    if (event.getKeyValuePairs() != null) {
      for (var pair : event.getKeyValuePairs()) {
        line.putIfAbsent(pair.key, pair.value == null ? null : pair.value.toString());
      }
    }
    // Its class alone: messages of libraries may hold what was sent.
    var thrown = event.getThrowableProxy();
    if (thrown != null) line.putIfAbsent("cause", thrown.getClassName());
    var json = Json.write(line);
    var bytes = Arrays.copyOf(json, json.length + 1);
    bytes[json.length] = '\n';
    return bytes;
  }

  @Override
  public byte[] headerBytes() {
    return null;
  }

  @Override
  public byte[] footerBytes() {
    return null;
  }
}
