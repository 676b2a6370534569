package ai.vespid.protocol;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.stream.Collectors;

/**
 * The one way JSON is read and written: strict about types, silent about unknown fields, bounded in
 * depth and size, and with errors that never repeat what was sent.
 */
public final class Json {
  /** No document nests deeper; a deeper one is refused while it is read. */
  public static final int DEPTH_MAX = 200;

  private static final ObjectMapper MAPPER = mapper();

  private Json() {}

  private static ObjectMapper mapper() {
    var factory =
        JsonFactory.builder()
            // RawJson cuts its bytes out of the source, so the source must be reachable.
            .enable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .streamReadConstraints(
                StreamReadConstraints.builder().maxNestingDepth(DEPTH_MAX).build())
            .build();
    return JsonMapper.builder(factory)
        .addModule(new JavaTimeModule())
        .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
        .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
        .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
        .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
        // A number or boolean is no string either.
        .withCoercionConfig(
            LogicalType.Textual,
            textual ->
                textual
                    .setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                    .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                    .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
        .defaultPropertyInclusion(
            JsonInclude.Value.construct(
                JsonInclude.Include.NON_NULL, JsonInclude.Include.USE_DEFAULTS))
        .build();
  }

  /** A copy for places that need their own settings, such as configuration. */
  public static ObjectMapper copyOfMapper() {
    return MAPPER.copy();
  }

  public static byte[] write(Object value) {
    try {
      return MAPPER.writeValueAsBytes(value);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException("a record that Jackson cannot write", e);
    }
  }

  /**
   * Reads one document.
   *
   * @throws InvalidMessage when it is not well-formed or does not fit {@code type}
   */
  public static <T> T read(byte[] json, Class<T> type) {
    try {
      var value = MAPPER.readValue(json, type);
      if (value == null) throw new InvalidMessage("body", "must not be null");
      return value;
    } catch (IOException e) {
      throw invalid(e);
    }
  }

  /**
   * Looks for one top-level string field and stops there.
   *
   * @return its text, or null when the document is no object or has no such string field
   * @throws InvalidMessage when what stands before it is not well-formed
   */
  public static String peek(byte[] json, String field) {
    try (JsonParser in = MAPPER.getFactory().createParser(json)) {
      if (in.nextToken() != JsonToken.START_OBJECT) return null;
      for (var name = in.nextFieldName(); name != null; name = in.nextFieldName()) {
        var token = in.nextToken();
        if (name.equals(field)) return token == JsonToken.VALUE_STRING ? in.getText() : null;
        in.skipChildren();
      }
      return null;
    } catch (IOException e) {
      throw invalid(e);
    }
  }

  private static InvalidMessage invalid(IOException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof InvalidMessage known) return known;
    }
    return switch (e) {
      case MismatchedInputException mismatch ->
          new InvalidMessage(path(mismatch), "must be " + nameOf(mismatch.getTargetType()));
      case JsonMappingException mapping -> new InvalidMessage(path(mapping), "is not acceptable");
      case JsonProcessingException malformed when malformed.getLocation() != null ->
          new InvalidMessage(
              "body",
              "malformed JSON at line %d, column %d"
                  .formatted(
                      malformed.getLocation().getLineNr(), malformed.getLocation().getColumnNr()));
      default -> new InvalidMessage("body", "malformed JSON");
    };
  }

  private static String path(JsonMappingException e) {
    var path =
        e.getPath().stream()
            .map(r -> r.getFieldName() == null ? "[" + r.getIndex() + "]" : r.getFieldName())
            .collect(Collectors.joining("."));
    return path.isEmpty() ? "body" : path;
  }

  private static String nameOf(Class<?> type) {
    if (type == null) return "of another type";
    if (type.isEnum()) {
      return "one of "
          + java.util.Arrays.stream(type.getEnumConstants())
              .map(constant -> MAPPER.convertValue(constant, String.class))
              .collect(Collectors.joining(", "));
    }
    if (type == String.class) return "a string";
    if (type == Boolean.class || type == boolean.class) return "a boolean";
    if (Number.class.isAssignableFrom(type) || type.isPrimitive()) return "an integer";
    if (Iterable.class.isAssignableFrom(type)) return "an array";
    return "an object";
  }
}
