package ai.vespid.sql;

import ai.vespid.protocol.RawJson;
import ai.vespid.sql.RunStartRepository.Outcome.Started;
import ai.vespid.sql.RunStartRepository.Start;
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

  private final OpenDatabase open = new OpenDatabase();
  final Database database = open.database;
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
    open.addOrganization(id);
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
    open.close();
  }
}
