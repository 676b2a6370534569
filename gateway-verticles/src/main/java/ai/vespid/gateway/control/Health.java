package ai.vespid.gateway.control;

import ai.vespid.sql.Database;
import io.vertx.core.Future;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Whether this process serves. Without its database it still does, with 503 where it needs it. */
final class Health {
  private static final long WAIT_MS = 1_000;

  private final Database database;

  Health(Database database) {
    this.database = database;
  }

  Future<Answer> check(Call call) {
    return database
        .identity()
        .query("select 1")
        .execute()
        .timeout(WAIT_MS, TimeUnit.MILLISECONDS)
        .map("up")
        .otherwise("down")
        .map(state -> Answer.ok(Map.of("ok", true, "database", state)));
  }
}
