package ai.vespid.worker.agents;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.workflow.AgentRun;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import io.vertx.json.schema.Draft;
import io.vertx.json.schema.JsonSchema;
import io.vertx.json.schema.JsonSchemaOptions;
import io.vertx.json.schema.OutputFormat;
import io.vertx.json.schema.SchemaException;
import io.vertx.json.schema.Validator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** What an agent's answer has to be: a text, or JSON that fits a schema. */
final class Output {
  private static final Pattern FENCED =
      Pattern.compile("```(?:json)?\\s*\\n(.*?)```", Pattern.DOTALL);

  /** An answer that is something else. The message is for the agent. */
  static final class Unfit extends Exception {
    private static final long serialVersionUID = 1L;
    private final ErrorCode code;

    Unfit(ErrorCode code, String message) {
      super(message, null, false, false);
      this.code = code;
    }

    ErrorCode code() {
      return code;
    }
  }

  private final boolean json;
  private final RawJson schema;
  private final Validator validator;

  private Output(boolean json, RawJson schema) {
    this.json = json;
    this.schema = schema;
    this.validator = json && schema != null ? validator(schema) : null;
  }

  static Output of(AgentRun.Output wanted) {
    return new Output(wanted.mode().equals("json"), wanted.jsonSchema());
  }

  private static Validator validator(RawJson schema) {
    try {
      var options =
          new JsonSchemaOptions()
              .setDraft(Draft.DRAFT202012)
              .setBaseUri("https://vespid.invalid/")
              .setOutputFormat(OutputFormat.Basic);
      return Validator.create(JsonSchema.of(new JsonObject(schema.text())), options);
    } catch (DecodeException | SchemaException | ClassCastException e) {
      throw new AgentFailed(ErrorCode.INVALID_JSON_SCHEMA.name());
    }
  }

  /** What the agent is told about it; null for a text. */
  String told() {
    if (!json) return null;
    var told = "Answer with one JSON value and nothing else.";
    return schema == null ? told : told + " It must fit this JSON Schema:\n" + schema.text();
  }

  /**
   * The answer as the node's output.
   *
   * @param meta what it took, added to an answer that is an object
   */
  RawJson of(String text, Map<String, Object> meta) throws Unfit {
    if (!json) {
      if (text.isBlank()) throw new Unfit(ErrorCode.INVALID_AGENT_OUTPUT, "it is empty");
      return RawJson.from(Map.of("content", text, "_meta", meta));
    }
    var value = parse(text);
    if (validator != null) check(value);
    if (!(value instanceof JsonObject object))
      return RawJson.from(Map.of("value", value, "_meta", meta));
    var whole = new LinkedHashMap<>(object.getMap());
    whole.put("_meta", meta);
    return RawJson.of(new JsonObject(whole).encode());
  }

  private Object parse(String text) throws Unfit {
    for (var candidate : candidates(text)) {
      try {
        return io.vertx.core.json.Json.decodeValue(candidate);
      } catch (DecodeException e) {
        // The next one may be it.
      }
    }
    throw new Unfit(ErrorCode.INVALID_AGENT_JSON_OUTPUT, "it is not JSON");
  }

  // Whole, fenced, or with words around it.
  private static Iterable<String> candidates(String text) {
    var fenced = FENCED.matcher(text);
    var inFence = fenced.find() ? Optional.of(fenced.group(1)) : Optional.<String>empty();
    int first = text.indexOf('{');
    int last = text.lastIndexOf('}');
    var embedded = first < 0 || last < first ? "" : text.substring(first, last + 1);
    return List.of(text.strip(), inFence.orElse("").strip(), embedded);
  }

  private void check(Object value) throws Unfit {
    try {
      var found = validator.validate(value);
      if (Boolean.TRUE.equals(found.getValid())) return;
      var errors = found.getErrors();
      var first = errors == null || errors.isEmpty() ? null : errors.getLast();
      var why = first == null ? "" : ": " + first.getInstanceLocation() + ' ' + first.getError();
      throw new Unfit(ErrorCode.INVALID_AGENT_JSON_OUTPUT, "it does not fit the schema" + why);
    } catch (SchemaException e) {
      throw new AgentFailed(ErrorCode.INVALID_JSON_SCHEMA.name());
    }
  }
}
