package ai.vespid.sql;

import ai.vespid.protocol.RawJson;
import ai.vespid.sql.ApprovalRepository.Asked;
import ai.vespid.sql.RunNode.Change;
import io.vertx.core.Future;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Runs as their runners move them on.
 *
 * <p>How a runner uses it: it claims what is due ({@link #claimDue}, or {@link #claim} of the run
 * it was told about) and gets each run with an epoch of its own and the nodes it has come to. From
 * then on every step is one {@link #advance}: the run's new state, the nodes that changed and what
 * happened, in one transaction, refused as {@link Lost} as soon as another runner has a newer epoch
 * (then nothing was written, and the run is dropped without a word). While it works it keeps the
 * claim ({@link Keep}, {@link #renew}). A remote node is written as BLOCKED with its request id,
 * and only after that commit its dispatch is sent. When everything waits, the run is let go with
 * {@link Until} the first timeout (or the next attempt): from then on whoever brings a result wakes
 * it up ({@link ContinuationRepository#deliver}), and any runner may claim it. A result that came
 * between is not missed, because {@code Until} names the {@code wakeSeq} the runner has seen: when
 * the row's is newer, the run is due at once. A runner that holds the run finds the result in
 * {@link #nodes}. A run that is over is written with {@link Finished}. What a dead runner held
 * becomes due at the end of its lease; its nodes say how far it came.
 */
public final class RunRepository {
  // The order of locks is run, then nodes, here and in continuations.
  private static final String TAKE =
      """
      UPDATE workflow_runs r SET epoch = r.epoch + 1, claim_owner = $1,
          due_at = now() + $2 * interval '1 millisecond'
      FROM due WHERE r.id = due.id
      RETURNING r.epoch, r.wake_seq, r.cursor::text AS cursor,
          r.cancel_requested_at IS NOT NULL AS canceled, r.id, r.organization_id,
          r.workflow_id, r.trigger_type, r.trigger_key, r.triggered_at, r.trigger_source, r.status,
          r.attempt_count, r.max_attempts, r.next_attempt_at, r.requested_by_user_id,
          r.input::text AS input, r.output::text AS output, r.error, r.created_at, r.started_at,
          r.finished_at,
          (SELECT coalesce(json_agg(json_build_object(
                  'name', p.name, 'effect', p.effect, 'scope', p.scope)
              ORDER BY p.priority, p.created_at, p.id), '[]')::text
            FROM organization_policy_rules p
            WHERE p.organization_id = r.organization_id AND p.enabled) AS policy
      """;
  private static final String CLAIM_DUE =
      """
      WITH due AS (
        SELECT id FROM workflow_runs WHERE due_at <= now()
        ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
      """
          + TAKE;
  private static final String CLAIM =
      """
      WITH due AS (
        SELECT id FROM workflow_runs WHERE id = $3 AND due_at <= now() FOR UPDATE SKIP LOCKED)
      """
          + TAKE;
  private static final String NODES =
      "SELECT " + RunNode.COLUMNS + " FROM workflow_run_nodes WHERE run_id = ANY($1)";
  private static final String RENEW =
      """
      UPDATE workflow_runs r SET due_at = now() + $3 * interval '1 millisecond'
      FROM unnest($1::uuid[], $2::int[]) AS held(id, epoch)
      WHERE r.id = held.id AND r.epoch = held.epoch AND r.claim_owner IS NOT NULL
      RETURNING r.id, r.wake_seq, r.cancel_requested_at IS NOT NULL AS canceled
      """;
  private static final String ARRIVED =
      "SELECT "
          + RunNode.COLUMNS
          + " FROM workflow_run_nodes"
          + " WHERE run_id = $1 AND state = 'blocked' AND result IS NOT NULL";
  private static final String THOUGHTS =
      """
      SELECT node_id, thinker, seq, thought::text AS thought FROM workflow_agent_thoughts
      WHERE run_id = $1 AND node_id = $2 AND attempt = $3 ORDER BY thinker, seq
      """;
  private static final String FAMILY = "SELECT family_id FROM workflows WHERE id = $1";
  private static final String DSL = "SELECT dsl::text AS dsl FROM workflows WHERE id = $1";

  private final Pool pool;

  /**
   * @param pool connections with the worker's cross-tenant role
   */
  public RunRepository(Pool pool) {
    this.pool = pool;
  }

  /**
   * A run that is the caller's for now.
   *
   * @param epoch proves it in every {@link #advance}
   * @param wakeSeq how often something had come for it when it was claimed
   * @param cursor what a runner noted down in its last advance, or null
   * @param canceled somebody wants it to end
   * @param policy the enabled rules of its organization, in their order: {@code [{name, effect,
   *     scope}]}
   */
  public record Claimed(
      Run run,
      int epoch,
      long wakeSeq,
      RawJson cursor,
      boolean canceled,
      RawJson policy,
      List<RunNode> nodes) {}

  /** What a runner claims to hold. */
  public record Held(String runId, int epoch) {}

  /** What becomes of the claim with an advance. */
  public sealed interface Hold {}

  /** It stays the caller's for this long from now. */
  public record Keep(Duration lease) implements Hold {}

  /**
   * Nobody's; due then, or at once when something came that the caller has not seen.
   *
   * @param wakeSeq the newest that the caller has seen of {@link Claimed} and {@link Written}
   */
  public record Until(Instant due, long wakeSeq) implements Hold {}

  /** Never due again; only with a terminal status. */
  public record Finished() implements Hold {}

  /**
   * One step of a run.
   *
   * @param nextAttemptAt when a failed attempt is followed by the next, for people; the claim's
   *     {@link Until} says it too
   * @param nodes those that changed, each at most once
   * @param events in their order; they get the attempt's number and the next of the run
   * @param asked approvals that blocked nodes wait for
   * @param unwanted request ids of dispatches that nobody waits for any more: the gateway is to be
   *     told
   * @param thoughts of agents that think in the worker; those of nodes that end go with this step
   */
  public record Advance(
      String runId,
      int epoch,
      RunStatus status,
      int attemptCount,
      Instant nextAttemptAt,
      RawJson cursor,
      RawJson output,
      String error,
      List<Change> nodes,
      List<RunEvent.New> events,
      List<Asked> asked,
      List<String> unwanted,
      List<AgentThought> thoughts,
      Hold hold) {
    public Advance {
      if (status.terminal() != hold instanceof Finished) {
        throw new IllegalArgumentException("a run that is over is finished, and only such a one");
      }
      nodes = List.copyOf(nodes);
      events = List.copyOf(events);
      asked = List.copyOf(asked);
      unwanted = List.copyOf(unwanted);
      thoughts = List.copyOf(thoughts);
    }

    /** In which no agent thought. */
    public Advance(
        String runId,
        int epoch,
        RunStatus status,
        int attemptCount,
        Instant nextAttemptAt,
        RawJson cursor,
        RawJson output,
        String error,
        List<Change> nodes,
        List<RunEvent.New> events,
        List<Asked> asked,
        List<String> unwanted,
        Hold hold) {
      this(
          runId,
          epoch,
          status,
          attemptCount,
          nextAttemptAt,
          cursor,
          output,
          error,
          nodes,
          events,
          asked,
          unwanted,
          List.of(),
          hold);
    }
  }

  /** What became of an advance. */
  public sealed interface Advanced {}

  /**
   * It is committed.
   *
   * @param wakeSeq when it is newer than what the caller knows, {@link #nodes} has something new
   */
  public record Written(long wakeSeq) implements Advanced {}

  /** The run is another runner's, or over; nothing was written. */
  public record Lost() implements Advanced {}

  /** Claims up to {@code limit} runs that are due, the longest due first. */
  public Future<List<Claimed>> claimDue(String owner, Duration lease, int limit) {
    return claimed(CLAIM_DUE, Tuple.of(owner, lease.toMillis(), limit));
  }

  /** Claims this run; empty when it is not due or somebody else is claiming it. */
  public Future<Optional<Claimed>> claim(String owner, Duration lease, String runId) {
    return claimed(CLAIM, Tuple.of(owner, lease.toMillis(), UUID.fromString(runId)))
        .map(runs -> runs.stream().findFirst());
  }

  private Future<List<Claimed>> claimed(String statement, Tuple values) {
    return pool.preparedQuery(statement)
        .execute(values)
        .compose(rows -> {
          var ids = Rows.list(rows, row -> Rows.id(row, "id"));
          if (ids.isEmpty()) return Future.succeededFuture(List.of());
          return nodes(ids).map(nodes -> Rows.list(rows, row -> claimed(row, nodes)));
        });
  }

  private static Claimed claimed(Row row, Map<String, List<RunNode>> nodes) {
    return new Claimed(
        Run.of(row),
        row.getInteger("epoch"),
        row.getLong("wake_seq"),
        Rows.json(row, "cursor"),
        row.getBoolean("canceled"),
        Rows.json(row, "policy"),
        nodes.getOrDefault(Rows.id(row, "id"), List.of()));
  }

  /** The nodes that these runs have come to, by run. */
  public Future<Map<String, List<RunNode>>> nodes(List<String> runIds) {
    var ids = runIds.stream().map(UUID::fromString).toArray(UUID[]::new);
    return pool.preparedQuery(NODES)
        .execute(Tuple.of((Object) ids))
        .map(rows -> {
          var nodes = new HashMap<String, List<RunNode>>();
          for (Row row : rows) {
            nodes
                .computeIfAbsent(Rows.id(row, "run_id"), _ -> new ArrayList<>())
                .add(RunNode.of(row));
          }
          return nodes;
        });
  }

  /** The blocked nodes of a run for which something has come that is not applied yet. */
  public Future<List<RunNode>> arrived(String runId) {
    return pool.preparedQuery(ARRIVED)
        .execute(Tuple.of(UUID.fromString(runId)))
        .map(rows -> Rows.list(rows, RunNode::of));
  }

  /**
   * Which claims are still the caller's.
   *
   * @param kept their {@code wakeSeq} by run: when it is newer than what the caller knows, it was
   *     not told of something that came
   * @param canceled those of them that somebody wants to end
   */
  public record Renewed(Map<String, Long> kept, Set<String> canceled) {}

  /** Keeps claims for another lease. */
  public Future<Renewed> renew(Duration lease, List<Held> held) {
    var ids = held.stream().map(h -> UUID.fromString(h.runId())).toArray(UUID[]::new);
    var epochs = held.stream().map(Held::epoch).toArray(Integer[]::new);
    return pool.preparedQuery(RENEW)
        .execute(Tuple.of(ids, epochs, lease.toMillis()))
        .map(rows -> {
          var renewed = new Renewed(new HashMap<>(), new HashSet<>());
          for (Row row : rows) {
            renewed.kept().put(Rows.id(row, "id"), row.getLong("wake_seq"));
            if (row.getBoolean("canceled")) renewed.canceled().add(Rows.id(row, "id"));
          }
          return renewed;
        });
  }

  /** Writes one step, or nothing at all. */
  public Future<Advanced> advance(Advance step) {
    return pool.preparedQuery(AdvanceStatement.TEXT)
        .execute(AdvanceStatement.values(step))
        .map(rows ->
            Rows.first(rows, row -> (Advanced) new Written(row.getLong("wake_seq")))
                .orElse(new Lost()));
  }

  /** What an agent has come to in this attempt, each thinker's in its order. */
  public Future<List<AgentThought>> thoughts(String runId, String nodeId, int attempt) {
    return pool.preparedQuery(THOUGHTS)
        .execute(Tuple.of(UUID.fromString(runId), nodeId, attempt))
        .map(rows ->
            Rows.list(
                rows,
                row ->
                    new AgentThought(
                        row.getString("node_id"),
                        row.getString("thinker"),
                        row.getInteger("seq"),
                        Rows.json(row, "thought"))));
  }

  /** What all revisions of a workflow have in common. */
  public Future<String> family(String workflowId) {
    return pool.preparedQuery(FAMILY)
        .execute(Tuple.of(UUID.fromString(workflowId)))
        .map(rows -> Rows.first(rows, row -> Rows.id(row, "family_id")).orElseThrow());
  }

  /** The definition of a workflow, for its runs. One that was published never changes. */
  public Future<Optional<RawJson>> dsl(String workflowId) {
    return pool.preparedQuery(DSL)
        .execute(Tuple.of(UUID.fromString(workflowId)))
        .map(rows -> Rows.first(rows, row -> Rows.json(row, "dsl")));
  }
}
