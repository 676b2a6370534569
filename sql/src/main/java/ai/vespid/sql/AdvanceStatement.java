package ai.vespid.sql;

import ai.vespid.sql.ApprovalRepository.Asked;
import ai.vespid.sql.RunNode.Change;
import ai.vespid.sql.RunRepository.Advance;
import ai.vespid.sql.RunRepository.Finished;
import ai.vespid.sql.RunRepository.Keep;
import ai.vespid.sql.RunRepository.Until;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/** One step of a run as one statement: all of it is written, or nothing. */
final class AdvanceStatement {
  static final String TEXT =
      """
      WITH run AS (
        UPDATE workflow_runs SET status = $3, attempt_count = $4, next_attempt_at = $5,
            cursor = $6::text::json, output = $7::text::json, error = $8,
            started_at = CASE WHEN $3 = 'running' THEN coalesce(started_at, now())
                ELSE started_at END,
            finished_at = CASE WHEN $3 IN ('succeeded', 'failed') THEN now() END,
            claim_owner = CASE WHEN $9 = 'keep' THEN claim_owner END,
            due_at = CASE WHEN $9 = 'keep' THEN now() + $10 * interval '1 millisecond'
                WHEN $9 = 'finished' THEN NULL
                WHEN wake_seq > $11 THEN now() ELSE $12 END,
            event_seq = event_seq + cardinality($21::text[])
        WHERE id = $1 AND epoch = $2 AND claim_owner IS NOT NULL
          AND status IN ('queued', 'running')
        RETURNING id, organization_id, workflow_id, requested_by_user_id, wake_seq,
            event_seq - cardinality($21::text[]) AS seq_before),
      nodes AS (
        INSERT INTO workflow_run_nodes AS n (run_id, organization_id, node_id, node_type, state,
            attempt, kind, request_id, timeout_at, output, error, finished_at)
        SELECT run.id, run.organization_id, c.node_id, c.node_type, c.state, c.attempt, c.kind,
            c.request_id, c.timeout_at, c.output::json, c.error,
            CASE WHEN c.state NOT IN ('running', 'blocked') THEN now() END
        FROM run, unnest($13::text[], $14::text[], $15::text[], $16::int[], $17::text[],
            $18::text[], $19::timestamptz[], $20::text[], $27::text[])
            AS c(node_id, node_type, state, attempt, kind, request_id, timeout_at, output, error)
        ON CONFLICT (run_id, node_id) DO UPDATE SET node_type = excluded.node_type,
            state = excluded.state, attempt = excluded.attempt, kind = excluded.kind,
            request_id = excluded.request_id, timeout_at = excluded.timeout_at,
            output = excluded.output, error = excluded.error, finished_at = excluded.finished_at,
            started_at = CASE WHEN n.attempt = excluded.attempt THEN n.started_at ELSE now() END,
            result = CASE WHEN excluded.state = 'blocked' AND n.request_id = excluded.request_id
                THEN n.result END),
      events AS (
        INSERT INTO workflow_run_events (run_id, seq, organization_id, workflow_id, attempt_count,
            event_type, node_id, node_type, level, message, payload)
        SELECT run.id, run.seq_before + e.n, run.organization_id, run.workflow_id, $4,
            e.event_type, e.node_id, e.node_type, e.level, e.message, e.payload::json
        FROM run, unnest($21::text[], $22::text[], $23::text[], $24::text[], $25::text[],
            $26::text[]) WITH ORDINALITY
            AS e(event_type, node_id, node_type, level, message, payload, n)),
      approvals AS (
        INSERT INTO workflow_approval_requests (id, organization_id, workflow_id, run_id, node_id,
            node_type, reason, context, expires_at, requested_by_user_id)
        SELECT a.id, run.organization_id, run.workflow_id, run.id, a.node_id, a.node_type,
            a.reason, a.context::json, a.expires_at, run.requested_by_user_id
        FROM run, unnest($28::uuid[], $29::text[], $30::text[], $31::text[], $32::text[],
            $33::timestamptz[]) AS a(id, node_id, node_type, reason, context, expires_at)
        ON CONFLICT DO NOTHING),
      unwanted AS (
        INSERT INTO workflow_unwanted_dispatches (request_id, organization_id)
        SELECT u.id, run.organization_id FROM run, unnest($34::text[]) AS u(id)
        ON CONFLICT DO NOTHING),
      thoughts AS (
        INSERT INTO workflow_agent_thoughts (run_id, node_id, attempt, thinker, seq,
            organization_id, thought)
        SELECT run.id, t.node_id, $4, t.thinker, t.seq, run.organization_id, t.thought::json
        FROM run, unnest($35::text[], $36::text[], $37::int[], $38::text[])
            AS t(node_id, thinker, seq, thought)),
      forgotten AS (
        DELETE FROM workflow_agent_thoughts f USING run
        WHERE f.run_id = run.id AND f.node_id = ANY($39::text[]))
      SELECT wake_seq FROM run
      """;

  private AdvanceStatement() {}

  static Tuple values(Advance step) {
    var values =
        Tuple.tuple()
            .addValue(UUID.fromString(step.runId()))
            .addValue(step.epoch())
            .addValue(step.status().text())
            .addValue(step.attemptCount())
            .addValue(Rows.at(step.nextAttemptAt()))
            .addValue(Rows.text(step.cursor()))
            .addValue(Rows.text(step.output()))
            .addValue(step.error());
    switch (step.hold()) {
      case Keep(var lease) -> hold(values, "keep", lease.toMillis(), 0, null);
      case Until(var due, var seen) -> hold(values, "until", 0, seen, due);
      case Finished() -> hold(values, "finished", 0, 0, null);
    }
    nodes(values, step.nodes());
    events(values, step.events());
    values.addValue(Rows.texts(step.nodes(), Change::error));
    asked(values, step.asked()).addValue(step.unwanted().toArray(String[]::new));
    return thoughts(values, step.thoughts()).addValue(ended(step.nodes()));
  }

  private static Tuple thoughts(Tuple values, List<AgentThought> thoughts) {
    return values
        .addValue(Rows.texts(thoughts, AgentThought::nodeId))
        .addValue(Rows.texts(thoughts, AgentThought::thinker))
        .addValue(thoughts.stream().map(AgentThought::seq).toArray(Integer[]::new))
        .addValue(Rows.texts(thoughts, thought -> Rows.text(thought.thought())));
  }

  // Only they may have thought.
  private static String[] ended(List<Change> nodes) {
    return nodes.stream()
        .filter(node -> node.nodeType().equals("agent.run") && node.state().over())
        .map(Change::nodeId)
        .toArray(String[]::new);
  }

  private static void nodes(Tuple values, List<Change> nodes) {
    values
        .addValue(Rows.texts(nodes, Change::nodeId))
        .addValue(Rows.texts(nodes, Change::nodeType))
        .addValue(Rows.texts(nodes, node -> node.state().text()))
        .addValue(nodes.stream().map(Change::attempt).toArray(Integer[]::new))
        .addValue(Rows.texts(nodes, Change::kind))
        .addValue(Rows.texts(nodes, Change::requestId))
        .addValue(Rows.times(nodes, Change::timeoutAt))
        .addValue(Rows.texts(nodes, node -> Rows.text(node.output())));
  }

  private static void events(Tuple values, List<RunEvent.New> events) {
    values
        .addValue(Rows.texts(events, RunEvent.New::eventType))
        .addValue(Rows.texts(events, RunEvent.New::nodeId))
        .addValue(Rows.texts(events, RunEvent.New::nodeType))
        .addValue(Rows.texts(events, event -> event.level().text()))
        .addValue(Rows.texts(events, RunEvent.New::message))
        .addValue(Rows.texts(events, event -> Rows.text(event.payload())));
  }

  private static Tuple asked(Tuple values, List<Asked> asked) {
    return values
        .addValue(asked.stream().map(a -> UUID.fromString(a.id())).toArray(UUID[]::new))
        .addValue(Rows.texts(asked, Asked::nodeId))
        .addValue(Rows.texts(asked, Asked::nodeType))
        .addValue(Rows.texts(asked, Asked::reason))
        .addValue(Rows.texts(asked, a -> Rows.text(a.context())))
        .addValue(Rows.times(asked, Asked::expiresAt));
  }

  private static void hold(Tuple values, String how, long leaseMs, long seen, Instant due) {
    values.addValue(how).addValue(leaseMs).addValue(seen).addValue(Rows.at(due));
  }
}
