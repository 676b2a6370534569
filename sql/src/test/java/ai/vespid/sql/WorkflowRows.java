package ai.vespid.sql;

import ai.vespid.protocol.RawJson;
import ai.vespid.sql.RunStartRepository.Outcome.Started;
import ai.vespid.sql.RunStartRepository.Start;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Tuple;
import java.util.UUID;

/** A database with one organization that has a user and a published workflow. */
final class WorkflowRows {
  static final RawJson DSL =
      RawJson.of(
          """
          {"version":"v2","trigger":{"type":"trigger.manual"},
           "nodes":[{"id":"a","type":"agent.execute"}]}
          """);

  final Vertx vertx = Vertx.vertx();
  final EmbeddedDatabase server = EmbeddedDatabase.create();
  final Database database = server.open(vertx);
  final String user = user();
  final String organization = organization();
  final WorkflowRepository workflows = new WorkflowRepository(database);
  final String workflow = published(organization);
  final RunStartRepository starts = new RunStartRepository(database, RunQuota.ENTERPRISE);

  private String user() {
    var id = UUID.randomUUID().toString();
    database
        .identity()
        .preparedQuery("insert into users (id, email, password_hash) values ($1, $2, 'x')")
        .execute(Tuple.of(id, id + "@example.com"))
        .await();
    return id;
  }

  String organization() {
    var id = UUID.randomUUID().toString();
    database
        .tenant(
            id,
            connection ->
                connection
                    .preparedQuery(
                        "insert into organizations (id, slug, name) values ($1, $2, 'n')")
                    .execute(Tuple.of(id, "org-" + id)))
        .await();
    return id;
  }

  String published(String organization) {
    var draft = workflows.create(organization, "w", DSL, user).await();
    workflows.publish(organization, draft.id(), user, null).await();
    return draft.id();
  }

  Start start(String key) {
    return new Start(
        organization, workflow, "manual", key, "api.manual", user, RawJson.of("{\"a\": 1.00}"));
  }

  /** A queued run. */
  Run run() {
    return ((Started) starts.start(start(null)).await()).run();
  }

  void close() {
    database.close().await();
    vertx.close().await();
  }
}
