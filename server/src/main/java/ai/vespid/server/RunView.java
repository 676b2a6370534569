package ai.vespid.server;

import io.vertx.core.json.JsonObject;

/** Shows what happens to a run. */
interface RunView {
  /** The next event. */
  void event(JsonObject event);

  /** All that has happened so far was told; called again and again, also when nothing did. */
  void look();
}
