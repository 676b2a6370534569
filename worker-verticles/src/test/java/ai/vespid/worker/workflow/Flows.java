package ai.vespid.worker.workflow;

import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.workflow.Definition;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/** Writes graphs for tests. */
final class Flows {
  private static final String SECRET_ID = "11111111-1111-4111-8111-111111111111";

  private final JsonObject nodes = new JsonObject();
  private final JsonArray edges = new JsonArray();
  private final List<String> ids = new ArrayList<>();

  Flows http(String... names) {
    for (var name : names) node(name, "http.request", new JsonObject().put("url", "http://x.test"));
    return this;
  }

  Flows remote(String... names) {
    for (var name : names) {
      var task = new JsonObject().put("type", "shell").put("script", "true");
      node(name, "agent.execute", new JsonObject().put("task", task));
    }
    return this;
  }

  Flows action(String name, String mode) {
    var config =
        new JsonObject()
            .put("connectorId", "github")
            .put("actionId", "issue.create")
            .put("input", new JsonObject().put("repo", "a/b").put("title", "T"))
            .put("auth", new JsonObject().put("secretId", SECRET_ID))
            .put("execution", new JsonObject().put("mode", mode));
    return node(name, "connector.action", config);
  }

  Flows join(String name) {
    return node(name, "parallel.join", new JsonObject());
  }

  Flows condition(String name, String path, Object value) {
    var config = new JsonObject().put("path", path).put("op", "eq").put("value", value);
    return node(name, "condition", config);
  }

  Flows node(String name, String type, JsonObject config) {
    ids.add(name);
    nodes.put(name, new JsonObject().put("id", name).put("type", type).put("config", config));
    return this;
  }

  /** One after the other. */
  Flows chain(String... names) {
    for (int i = 1; i < names.length; i++) edge(names[i - 1], names[i], "always");
    return this;
  }

  Flows edge(String from, String to, String kind) {
    edges.add(
        new JsonObject()
            .put("id", from + "-" + kind + "-" + to)
            .put("from", from)
            .put("to", to)
            .put("kind", kind));
    return this;
  }

  RawJson dsl() {
    var graph = new JsonObject().put("nodes", nodes).put("edges", edges);
    return RawJson.of(
        new JsonObject()
            .put("version", "v3")
            .put("trigger", new JsonObject().put("type", "trigger.manual"))
            .put("graph", graph)
            .encode());
  }

  Definition done() {
    return Definition.of(dsl());
  }
}
