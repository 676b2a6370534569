package ai.vespid.gateway.control;

import ai.vespid.kit.engine.RunnerEngine;
import ai.vespid.kit.engine.ScriptedEngine;
import ai.vespid.protocol.engine.NodeEngine;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The engines that sessions and nodes may name (contract 4.9). Where those of hosts can run just
 * now is {@link EngineStatus}.
 */
final class EngineCatalogue {
  /**
   * One of them.
   *
   * @param aliases ids of earlier generations that mean the same
   * @param runsOn {@code executor}: a program there; {@code gateway}: asked from here
   * @param cliCommand null of one that is no program
   * @param defaultModel what people are proposed; null when it has to be named
   * @param defaultSecretConnectorId null of one that needs no key
   */
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record Listed(
      String id,
      List<String> aliases,
      String displayName,
      String runsOn,
      String cliCommand,
      String defaultModel,
      String defaultSecretConnectorId) {
    static Listed of(NodeEngine engine) {
      return new Listed(
          engine.withLogin(),
          engine.ids().subList(1, engine.ids().size()),
          engine.displayName(),
          "executor",
          engine.command(),
          engine.usualModel(),
          engine.secretConnectorId());
    }

    static Listed of(LlmProvider provider) {
      var id = RunnerEngine.PREFIX + provider.id();
      return new Listed(
          id, List.of(), provider.displayName(), "gateway", null, provider.usualModel(), id);
    }
  }

  private static final List<Listed> ALL = all();

  private EngineCatalogue() {}

  private static List<Listed> all() {
    var all = new ArrayList<Listed>();
    for (var engine : NodeEngine.values()) all.add(Listed.of(engine));
    for (var provider : LlmProvider.values()) all.add(Listed.of(provider));
    all.add(new Listed(ScriptedEngine.ID, List.of(), "Scripted", "gateway", null, null, null));
    return List.copyOf(all);
  }

  static Future<Answer> answer(Call call) {
    return Future.succeededFuture(Answer.ok(Map.of("engines", ALL)));
  }
}
