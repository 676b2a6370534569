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
      "id, session_key, doc_path, content, content_hash, writes, updated_at";
  private static final String ALL =
      "SELECT "
          + COLUMNS
          + " FROM agent_memory_documents WHERE session_key = $1 ORDER BY doc_path LIMIT $2";
  // What workflows remember is its members', what a session does is that of who may see it.
  private static final String SEEN =
      """
       FROM agent_memory_documents d
       WHERE ($1::uuid IS NULL OR session_key LIKE 'workflow:%' OR EXISTS (
          SELECT FROM agent_sessions s
          WHERE s.session_key = d.session_key AND s.created_by_user_id = $1))
      """;
  private static final String NEWEST =
      "SELECT "
          + COLUMNS
          + SEEN
          + """
           AND ($2::text IS NULL OR session_key = $2)
           AND (cardinality($3::text[]) = 0 OR EXISTS (
              SELECT FROM unnest($3::text[]) AS w(word)
              WHERE position(w.word IN lower(content)) > 0 OR position(w.word IN lower(doc_path)) > 0
                OR position(w.word IN content_hash) > 0))
          ORDER BY updated_at DESC, id LIMIT $4
          """;
  private static final String FIND = "SELECT " + COLUMNS + SEEN + " AND id = $2";
  private static final String KEYS =
      "SELECT DISTINCT session_key FROM agent_memory_documents ORDER BY session_key LIMIT $1";
  private static final String PUT =
      """
      INSERT INTO agent_memory_documents (organization_id, session_key, doc_path, content,
          content_hash, writes)
      VALUES ($1, $2, $3, $4, $5, $7::text[])
      ON CONFLICT (organization_id, session_key, doc_path) DO UPDATE
        SET content = excluded.content, content_hash = excluded.content_hash, updated_at = now(),
            writes = (excluded.writes || agent_memory_documents.writes)[1:64]
        WHERE agent_memory_documents.content_hash = $6
      RETURNING\s\
      """
          + COLUMNS;

  private final Database database;

  /**
   * One document.
   *
   * @param hash of its content, SHA-256 in hex
   * @param writes by what the newest 64 writes are known, newest first; one or none when it is put
   */
  public record Document(
      String id,
      String sessionKey,
      String path,
      String content,
      String hash,
      List<String> writes,
      Instant updatedAt) {
    public Document {
      writes = List.copyOf(writes);
    }

    @Override
    public String toString() {
      return "Document[" + path + "]";
    }
  }

  public MemoryRepository(Database database) {
    this.database = database;
  }

  /** Documents of one session key, by path. */
  public Future<List<Document>> all(String organizationId, String sessionKey, int limit) {
    return list(organizationId, ALL, Tuple.of(sessionKey, limit));
  }

  /**
   * The newest that somebody may see.
   *
   * @param userId who sees only their own sessions'; null sees all of the organization
   * @param sessionKey null for every key
   * @param words in lower case, one of which has to be in it, its path or its hash; none for all
   */
  public Future<List<Document>> newest(
      String organizationId, String userId, String sessionKey, List<String> words, int limit) {
    var some = words.toArray(String[]::new);
    return list(organizationId, NEWEST, Tuple.of(Rows.uuid(userId), sessionKey, some, limit));
  }

  /** One that somebody may see, as in {@link #newest}. */
  public Future<Optional<Document>> find(String organizationId, String userId, String id) {
    return list(organizationId, FIND, Tuple.of(Rows.uuid(userId), UUID.fromString(id)))
        .map(found -> found.stream().findFirst());
  }

  private Future<List<Document>> list(String organizationId, String statement, Tuple values) {
    return database.tenant(
        organizationId,
        sql ->
            sql.preparedQuery(statement)
                .execute(values)
                .map(rows -> Rows.list(rows, MemoryRepository::document)));
  }

  /** The keys under which an organization remembers something. */
  public Future<List<String>> keys(String organizationId, int limit) {
    return database.tenant(
        organizationId,
        sql ->
            sql.preparedQuery(KEYS)
                .execute(Tuple.of(limit))
                .map(rows -> Rows.list(rows, row -> row.getString("session_key"))));
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
                beforeHash,
                document.writes().toArray(String[]::new)))
        .map(rows -> Rows.first(rows, MemoryRepository::document));
  }

  private static Document document(Row row) {
    return new Document(
        Rows.id(row, "id"),
        row.getString("session_key"),
        row.getString("doc_path"),
        row.getString("content"),
        row.getString("content_hash"),
        List.of(row.getArrayOfStrings("writes")),
        Rows.time(row, "updated_at"));
  }
}
