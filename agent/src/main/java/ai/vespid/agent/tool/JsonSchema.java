package ai.vespid.agent.tool;

import ai.vespid.protocol.RawJson;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaException;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A JSON schema, 2020-12 unless it says another draft. What it refers to has to be in it: nothing
 * is fetched from anywhere.
 */
public final class JsonSchema {
  private static final SchemaRegistry REGISTRY =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
  // What every schema has to fit; it comes with the library.
  private static final Schema SCHEMAS =
      REGISTRY.getSchema(SchemaLocation.of("https://json-schema.org/draft/2020-12/schema"));
  private static final int PROBLEMS_MAX = 5;

  private final Schema schema;

  private JsonSchema(Schema schema) {
    this.schema = schema;
  }

  /**
   * Reads a schema.
   *
   * @throws IllegalArgumentException when it is none
   */
  public static JsonSchema of(RawJson text) {
    try {
      if (!SCHEMAS.validate(text.text(), InputFormat.JSON).isEmpty()) {
        throw new IllegalArgumentException("inputSchema is no JSON schema");
      }
      var schema = REGISTRY.getSchema(text.text(), InputFormat.JSON);
      schema.initializeValidators();
      return new JsonSchema(schema);
    } catch (SchemaException e) {
      throw new IllegalArgumentException("inputSchema is no JSON schema", e);
    }
  }

  /** What of a value does not fit, for people; empty when all of it does. */
  public Optional<String> problemOf(RawJson value) {
    var problems = schema.validate(value.text(), InputFormat.JSON);
    if (problems.isEmpty()) return Optional.empty();
    return Optional.of(
        problems.stream()
            .limit(PROBLEMS_MAX)
            .map(problem -> problem.getInstanceLocation() + " " + problem.getMessage())
            .collect(Collectors.joining("; ")));
  }
}
