package ai.vespid.server;

import ai.vespid.kit.node.ConfigurationException;
import ai.vespid.protocol.Check;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Optional;
import java.util.function.Predicate;

/** Looks workflows up by what people call them. */
final class WorkflowFinder {
  private WorkflowFinder() {}

  /**
   * The published workflow that an id, or a name, stands for; of a name its newest revision.
   *
   * @throws ConfigurationException when there is none
   */
  static String published(OrganizationCalls calls, String idOrName) {
    if (Check.isUuid(idOrName)) return idOrName;
    return newest(
            calls,
            workflow ->
                workflow.getString("name").equals(idOrName)
                    && workflow.getString("status").equals("published"))
        .orElseThrow(
            () -> new ConfigurationException("no published workflow is called " + idOrName))
        .getString("id");
  }

  /** The newest revision of any family that fits. */
  static Optional<JsonObject> newest(OrganizationCalls calls, Predicate<JsonObject> fits) {
    var cursor = "";
    while (true) {
      var page = calls.get("/workflows?limit=200" + cursor);
      for (var row : page.getJsonArray("workflows", new JsonArray())) {
        if (row instanceof JsonObject workflow && fits.test(workflow)) return Optional.of(workflow);
      }
      if (page.getString("nextCursor") == null) return Optional.empty();
      cursor = "&cursor=" + page.getString("nextCursor");
    }
  }
}
