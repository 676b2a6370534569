package ai.vespid.sql;

import io.vertx.core.Vertx;
import io.vertx.sqlclient.Tuple;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A database of its own for the tests of a class, closed after the last of them. */
final class OpenDatabase implements AfterAllCallback {
  final Vertx vertx = Vertx.vertx();
  final Database database = EmbeddedDatabase.create().open(vertx);

  void addOrganization(String id) {
    database
        .tenant(
            id,
            connection ->
                connection
                    .preparedQuery(
                        "insert into organizations (id, slug, name) values ($1, $2, 'n')")
                    .execute(Tuple.of(id, "org-" + id)))
        .await();
  }

  void close() {
    database.close().await();
    vertx.close().await();
  }

  @Override
  public void afterAll(ExtensionContext context) {
    close();
  }
}
