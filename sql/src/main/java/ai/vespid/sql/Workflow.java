package ai.vespid.sql;

import ai.vespid.protocol.RawJson;
import io.vertx.sqlclient.Row;
import java.time.Instant;

/**
 * One revision of a workflow (contract 4.6). A draft may be changed; a published one never changes
 * again, and only such a one is run.
 *
 * @param familyId what all its revisions share
 * @param dsl as it was written
 */
public record Workflow(
    String id,
    String organizationId,
    String familyId,
    int revision,
    String sourceWorkflowId,
    String name,
    String status,
    int version,
    RawJson dsl,
    RawJson editorState,
    String createdByUserId,
    Instant publishedAt,
    Instant createdAt,
    Instant updatedAt) {
  /** What a statement must select for {@link #of}. */
  static final String COLUMNS =
      """
      id, organization_id, family_id, revision, source_workflow_id, name, status, version,
      dsl::text AS dsl, editor_state::text AS editor_state, created_by_user_id, published_at,
      created_at, updated_at
      """;

  static Workflow of(Row row) {
    return new Workflow(
        Rows.id(row, "id"),
        Rows.id(row, "organization_id"),
        Rows.id(row, "family_id"),
        row.getInteger("revision"),
        Rows.id(row, "source_workflow_id"),
        row.getString("name"),
        row.getString("status"),
        row.getInteger("version"),
        Rows.json(row, "dsl"),
        Rows.json(row, "editor_state"),
        Rows.id(row, "created_by_user_id"),
        Rows.time(row, "published_at"),
        Rows.time(row, "created_at"),
        Rows.time(row, "updated_at"));
  }
}
