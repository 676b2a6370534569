package ai.vespid.worker;

import io.vertx.sqlclient.Pool;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Where a secret could stand, and does not. */
final class EveryRow {
  private EveryRow() {}

  /** What every table of runs and dispatches holds, a row a text. */
  static List<String> of(TestWorld world) {
    var rows = new ArrayList<String>();
    for (var table :
        List.of(
            "workflow_runs", "workflow_run_nodes", "workflow_run_events", "connector_secrets")) {
      read(world.db.worker(), table, rows);
    }
    read(world.db.gateway(), "dispatches", rows);
    return rows;
  }

  private static void read(Pool pool, String table, List<String> rows) {
    var columns = table.equals("connector_secrets") ? "id, kek_id, wrapped_dek, ciphertext" : "t.*";
    pool.query("SELECT row(" + columns + ")::text FROM " + table + " t")
        .execute()
        .await()
        .forEach(row -> rows.add(row.getString(0)));
  }

  /** True when the secret can be read in it, also as the bytes that a column of bytes shows. */
  static boolean telling(String row) {
    var hex = HexFormat.of().formatHex(TestWorld.SECRET.getBytes(StandardCharsets.UTF_8));
    return row.contains(TestWorld.SECRET) || row.contains(hex);
  }
}
