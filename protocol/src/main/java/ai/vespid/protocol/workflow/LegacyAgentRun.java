package ai.vespid.protocol.workflow;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.engine.NodeEngine;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * An {@code agent.run} of the first generation: its model stands in {@code llm}, and the engine
 * {@code vespid.loop.v1}, which was the one when none was named, is the loop that thinks with it.
 */
record LegacyAgentRun(Llm llm, AgentRun.Engine engine) {
  private static final String LOOP = "vespid.loop.v1";
  private static final List<String> PROVIDERS = List.of("openai", "anthropic", "gemini", "vertex");

  /** Whose model; {@code auth} may say that the operator's key will do, which it always does. */
  record Llm(String provider, String model, NodeConfig.Auth auth) {
    Llm {
      if (!PROVIDERS.contains(Check.required("llm.provider", provider))) {
        throw new InvalidMessage("llm.provider", "must be one of " + String.join(", ", PROVIDERS));
      }
    }
  }

  /** The config as it is written today; one of today stays as it is. */
  static RawJson today(RawJson config) {
    if (!(Json.read(config.bytes(), JsonNode.class) instanceof ObjectNode fields)
        || !fields.has("llm")) {
      return config;
    }
    var old = Json.read(config.bytes(), LegacyAgentRun.class);
    var engine = old.named();
    fields.remove("llm");
    fields.set("engine", Json.read(Json.write(engine), JsonNode.class));
    // Its loop was in the worker wherever its tools ran.
    boolean loop = NodeEngine.of(engine.id()).isEmpty();
    if (loop && fields.get("execution") instanceof ObjectNode execution) {
      execution.put("mode", "cloud");
    }
    return RawJson.from(fields);
  }

  private AgentRun.Engine named() {
    var model = engine == null || engine.model() == null ? llm.model() : engine.model();
    var auth = engine == null || engine.auth() == null ? llm.auth() : engine.auth();
    boolean loop = engine == null || engine.id().equals(LOOP);
    return new AgentRun.Engine(loop ? "llm." + llm.provider() : engine.id(), model, auth);
  }
}
