package ai.vespid.sql;

import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;

/** Runs and their events as their organization reads them. */
public final class RunViewRepository {
  private static final String GET =
      "SELECT " + Run.COLUMNS + " FROM workflow_runs WHERE id = $1 AND workflow_id = $2";
  private static final String LIST =
      "SELECT "
          + Run.COLUMNS
          + """
          FROM workflow_runs
          WHERE workflow_id = $1 AND ($2::timestamptz IS NULL OR (created_at, id) < ($2, $3::uuid))
          ORDER BY created_at DESC, id DESC LIMIT $4
          """;
  private static final String EVENTS =
      """
      SELECT id, seq, organization_id, workflow_id, run_id, attempt_count, event_type, node_id,
          node_type, level, message, payload::text AS payload, created_at
      FROM workflow_run_events WHERE run_id = $1 AND seq > $2 ORDER BY seq LIMIT $3
      """;
  private static final String NODES =
      "SELECT "
          + RunNode.COLUMNS
          + " FROM workflow_run_nodes WHERE run_id = $1 ORDER BY started_at";

  private final Database database;

  public RunViewRepository(Database database) {
    this.database = database;
  }

  public Future<Optional<Run>> find(String organizationId, String workflowId, String runId) {
    var values = Tuple.of(UUID.fromString(runId), UUID.fromString(workflowId));
    return read(organizationId, GET, values, Run::of).map(runs -> runs.stream().findFirst());
  }

  /** Runs of one revision, the newest first. */
  public Future<List<Run>> list(String organizationId, String workflowId, Page page) {
    var values =
        Tuple.of(
            UUID.fromString(workflowId), Rows.at(page.at()), Rows.uuid(page.id()), page.limit());
    return read(organizationId, LIST, values, Run::of);
  }

  /** Events of a run after the one numbered {@code afterSeq}, 0 for all, in their order. */
  public Future<List<RunEvent>> events(
      String organizationId, String runId, long afterSeq, int limit) {
    var values = Tuple.of(UUID.fromString(runId), afterSeq, limit);
    return read(organizationId, EVENTS, values, RunEvent::of);
  }

  /** The nodes a run has come to, in the order it came to them. */
  public Future<List<RunNode>> nodes(String organizationId, String runId) {
    return read(organizationId, NODES, Tuple.of(UUID.fromString(runId)), RunNode::of);
  }

  private <T> Future<List<T>> read(
      String organizationId, String statement, Tuple values, Function<Row, T> each) {
    return database.tenant(
        organizationId,
        connection ->
            connection.preparedQuery(statement).execute(values).map(rows -> Rows.list(rows, each)));
  }
}
