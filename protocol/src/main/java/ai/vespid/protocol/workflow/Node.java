package ai.vespid.protocol.workflow;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;

/**
 * A step of a workflow.
 *
 * @param config what it does; its class is its type
 * @param written the node as it was written, {@code {id, type, config}}, which executors are sent
 */
public record Node(String id, NodeConfig config, RawJson written) {
  public Node {
    Check.text("id", id, 1, Dsl.NODE_ID_LENGTH_MAX);
    Check.required("config", config);
  }

  /** The name of its type in the DSL. */
  public String type() {
    return config.type();
  }

  /**
   * @param path where it stands, for whoever wrote it wrong
   * @param key its key in a graph, which is its id when it names none; null in a list
   */
  static Node read(String path, RawJson json, String key) {
    try {
      var shape = Json.read(json.bytes(), Shape.class);
      var id = shape.id() == null ? key : shape.id();
      if (id != null && id.chars().anyMatch(Character::isISOControl)) {
        throw new InvalidMessage("id", "must not have control characters");
      }
      return new Node(id, config(shape), json);
    } catch (InvalidMessage e) {
      throw e.in(path);
    }
  }

  private static NodeConfig config(Shape shape) {
    var type = NodeConfig.TYPES.get(Check.required("type", shape.type()));
    if (type == null) {
      throw new InvalidMessage("type", "must be one of " + NodeConfig.TYPES.keySet());
    }
    boolean absent = shape.config() == null || shape.config().equals(RawJson.NULL);
    try {
      return type.read(absent ? RawJson.of("{}") : shape.config());
    } catch (InvalidMessage e) {
      throw e.in("config");
    }
  }

  /** A node as it stands in JSON. */
  record Shape(String id, String type, RawJson config) {}
}
