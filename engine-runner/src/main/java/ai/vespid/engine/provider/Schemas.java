package ai.vespid.engine.provider;

import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langchain4j.model.chat.request.json.JsonAnyOfSchema;
import dev.langchain4j.model.chat.request.json.JsonArraySchema;
import dev.langchain4j.model.chat.request.json.JsonBooleanSchema;
import dev.langchain4j.model.chat.request.json.JsonEnumSchema;
import dev.langchain4j.model.chat.request.json.JsonIntegerSchema;
import dev.langchain4j.model.chat.request.json.JsonNullSchema;
import dev.langchain4j.model.chat.request.json.JsonNumberSchema;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.request.json.JsonSchemaElement;
import dev.langchain4j.model.chat.request.json.JsonStringSchema;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * JSON Schemas as providers take them. What their common subset cannot say (patterns, ranges,
 * references) is left out: whoever carries out a call checks its input anyway.
 */
final class Schemas {
  private static final ObjectMapper MAPPER = Json.copyOfMapper();

  private Schemas() {}

  /** The input of a tool. */
  static JsonObjectSchema object(RawJson schema) {
    try {
      return object(MAPPER.readTree(schema.bytes()));
    } catch (IOException e) {
      return JsonObjectSchema.builder().build();
    }
  }

  private static JsonObjectSchema object(JsonNode schema) {
    var object = JsonObjectSchema.builder();
    if (described(schema) != null) object.description(described(schema));
    schema
        .path("properties")
        .properties()
        .forEach(property -> {
          var element = element(property.getValue());
          object.addProperty(property.getKey(), element);
        });
    object.required(texts(schema.path("required")));
    if (schema.path("additionalProperties").isBoolean()) {
      object.additionalProperties(schema.path("additionalProperties").asBoolean());
    }
    return object.build();
  }

  private static JsonSchemaElement element(JsonNode schema) {
    var description = described(schema);
    if (schema.path("enum").isArray()) {
      var values = texts(schema.path("enum"));
      return JsonEnumSchema.builder().description(description).enumValues(values).build();
    }
    var options = schema.has("anyOf") ? schema.path("anyOf") : schema.path("oneOf");
    if (options.isArray() && !options.isEmpty()) return anyOf(options, description);
    return switch (type(schema)) {
      case "string" -> JsonStringSchema.builder().description(description).build();
      case "integer" -> JsonIntegerSchema.builder().description(description).build();
      case "number" -> JsonNumberSchema.builder().description(description).build();
      case "boolean" -> JsonBooleanSchema.builder().description(description).build();
      case "null" -> new JsonNullSchema();
      case "array" ->
          JsonArraySchema.builder()
              .description(description)
              .items(element(schema.path("items")))
              .build();
      case "object" -> object(schema);
      // Nothing is said about it: whatever it is, it can be told as an object or as a text.
      default ->
          schema.has("properties")
              ? object(schema)
              : JsonObjectSchema.builder()
                  .description(description)
                  .additionalProperties(true)
                  .build();
    };
  }

  private static JsonSchemaElement anyOf(JsonNode options, String description) {
    var elements = new ArrayList<JsonSchemaElement>();
    options.forEach(option -> elements.add(element(option)));
    return JsonAnyOfSchema.builder().description(description).anyOf(elements).build();
  }

  // Of several types the first one that is a value.
  private static String type(JsonNode schema) {
    var type = schema.path("type");
    if (!type.isArray()) return type.asText();
    for (var one : type) if (!one.asText().equals("null")) return one.asText();
    return "null";
  }

  private static String described(JsonNode schema) {
    return schema.path("description").isTextual() ? schema.path("description").asText() : null;
  }

  private static List<String> texts(JsonNode list) {
    var texts = new ArrayList<String>();
    list.forEach(one -> texts.add(one.asText()));
    return texts;
  }
}
