package ai.vespid.sql;

import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** What sessions remember, as markdown documents by their session's key (contract 7.7). */
public final class MemoryRepository {
  private static final String COLUMNS =
      "id, session_key, doc_path, content, content_hash, updated_at";
  private static final String ALL =
      "SELECT "
          + COLUMNS
          + """
           FROM agent_memory_documents
          WHERE ($1::text IS NULL OR session_key = $1) ORDER BY session_key, doc_path LIMIT $2
          """;
  private static final String FIND =
      "SELECT " + COLUMNS + " FROM agent_memory_documents WHERE id = $1";
  private static final String PUT =
      """
      INSERT INTO agent_memory_documents (organization_id, session_key, doc_path, content,
          content_hash)
      VALUES ($1, $2, $3, $4, $5)
      ON CONFLICT (organization_id, session_key, doc_path) DO UPDATE
        SET content = excluded.content, content_hash = excluded.content_hash, updated_at = now()
        WHERE agent_memory_documents.content_hash = $6
      RETURNING\s\
      """
          + COLUMNS;

  private final Database database;

  /**
   * One document.
   *
   * @param hash of its content, SHA-256 in hex
   */
  public record Document(
      String id, String sessionKey, String path, String content, String hash, Instant updatedAt) {
    @Override
    public String toString() {
      return "Document[" + path + "]";
    }
  }

  public MemoryRepository(Database database) {
    this.database = database;
  }

  /** Documents of one session key, or of all when it is null, by key and path. */
  public Future<List<Document>> all(String organizationId, String sessionKey, int limit) {
    return database.tenant(
        organizationId,
        sql ->
            sql.preparedQuery(ALL)
                .execute(Tuple.of(sessionKey, limit))
                .map(rows -> Rows.list(rows, MemoryRepository::document)));
  }

  public Future<Optional<Document>> find(String organizationId, String id) {
    return database.tenant(
        organizationId,
        sql ->
            sql.preparedQuery(FIND)
                .execute(Tuple.of(UUID.fromString(id)))
                .map(rows -> Rows.first(rows, MemoryRepository::document)));
  }

  /**
   * Writes a document over the one that was read; empty when another one was written meanwhile.
   *
   * @param beforeHash of what is written over; null when there was none
   */
  public Future<Optional<Document>> put(
      String organizationId, Document document, String beforeHash) {
    return database.tenant(organizationId, sql -> put(sql, organizationId, document, beforeHash));
  }

  private static Future<Optional<Document>> put(
      SqlConnection sql, String organizationId, Document document, String beforeHash) {
    return sql.preparedQuery(PUT)
        .execute(
            Tuple.of(
                UUID.fromString(organizationId),
                document.sessionKey(),
                document.path(),
                document.content(),
                document.hash(),
                beforeHash))
        .map(rows -> Rows.first(rows, MemoryRepository::document));
  }

  private static Document document(Row row) {
    return new Document(
        Rows.id(row, "id"),
        row.getString("session_key"),
        row.getString("doc_path"),
        row.getString("content"),
        row.getString("content_hash"),
        Rows.time(row, "updated_at"));
  }
}
