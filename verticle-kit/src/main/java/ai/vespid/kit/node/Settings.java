package ai.vespid.kit.node;

import ai.vespid.protocol.Json;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * Binds a verticle's {@code config} section to its settings record. The record's constructor fills
 * in defaults and checks ranges; durations are ISO-8601; an unknown key is an error that names the
 * known ones.
 */
public final class Settings {
  private static final ObjectMapper MAPPER =
      Json.copyOfMapper().enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

  private Settings() {}

  /**
   * @throws ConfigurationException naming the key and what it may be
   */
  public static <T extends Record> T bind(String section, JsonObject json, Class<T> type) {
    try {
      return MAPPER.readValue(json.encode(), type);
    } catch (UnrecognizedPropertyException e) {
      throw new ConfigurationException(
          "%s: unknown key \"%s\"; known keys: %s"
              .formatted(section, e.getPropertyName(), knownKeys(type)));
    } catch (JsonMappingException e) {
      var field = e.getPath().isEmpty() ? "" : "." + e.getPath().getFirst().getFieldName();
      var cause = e.getCause() == null ? "is not acceptable" : e.getCause().getMessage();
      throw new ConfigurationException(section + field + ": " + cause);
    } catch (IOException e) {
      throw new ConfigurationException(section + ": malformed JSON");
    }
  }

  public static String knownKeys(Class<? extends Record> type) {
    return Arrays.stream(type.getRecordComponents())
        .map(component -> component.getName())
        .sorted()
        .collect(Collectors.joining(", "));
  }
}
