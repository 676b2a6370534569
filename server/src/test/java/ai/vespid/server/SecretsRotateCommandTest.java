package ai.vespid.server;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.kit.crypto.Envelope;
import ai.vespid.sql.Database;
import ai.vespid.sql.DatabaseOptions;
import ai.vespid.sql.SecretRepository;
import ai.vespid.sql.SecretRepository.Sealed;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.Tuple;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command against a real PostgreSQL whose secrets are under several keys. */
final class SecretsRotateCommandTest {
  private static final String OLD = key("the-old-key");
  private static final String NEW = key("the-new-key");
  private static final String LOST = key("a-lost-key");

  @TempDir private static Path folder;
  private static final Vertx VERTX = Vertx.vertx();
  private static PostgresStore store;
  private static Database database;
  private static SecretRepository secrets;
  private static final String ORGANIZATION = UUID.randomUUID().toString();
  private static final String USER = UUID.randomUUID().toString();

  private static String key(String text) {
    return Base64.getEncoder()
        .encodeToString((text + "-".repeat(32)).substring(0, 32).getBytes(StandardCharsets.UTF_8));
  }

  @BeforeAll
  static void start() {
    store = PostgresStore.start(new Home(folder));
    var options = new DatabaseOptions(store.url());
    Database.migrate(options);
    database = Database.open(VERTX, options);
    secrets = new SecretRepository(database);
    database
        .identity()
        .preparedQuery("insert into users (id, email, password_hash) values ($1, 'a@b.c', 'x')")
        .execute(Tuple.of(USER))
        .await();
    database
        .tenant(
            ORGANIZATION,
            connection ->
                connection
                    .preparedQuery(
                        "insert into organizations (id, slug, name) values ($1, 's', 'n')")
                    .execute(Tuple.of(ORGANIZATION)))
        .await();
  }

  @AfterAll
  static void stop() {
    database.close().await();
    VERTX.close().await();
    store.close();
  }

  private static String stored(Envelope under, String name, String value) {
    var sealed = under.sealApart(value);
    var parts =
        new Sealed(
            sealed.kekId(), Buffer.buffer(sealed.wrappedDek()), Buffer.buffer(sealed.ciphertext()));
    return secrets.create(ORGANIZATION, "github", name, parts, USER).await().id();
  }

  private static String opened(Envelope by, String id) {
    var sealed = secrets.sealed(ORGANIZATION, id).await().orElseThrow().sealed();
    return by.open(
        new Envelope.Sealed(
            sealed.kekId(), sealed.wrappedDek().getBytes(), sealed.ciphertext().getBytes()));
  }

  private record Ran(int code, String out) {}

  private static Ran rotate(Map<String, String> more) {
    var environment = new HashMap<String, String>();
    environment.put("VESPID_HOME", folder.toString());
    environment.put("SECRETS_KEK_ID", "new");
    environment.put("SECRETS_KEK_BASE64", NEW);
    environment.putAll(more);
    var out = new StringWriter();
    var line = VespidCommand.commandLine(environment);
    line.setOut(new PrintWriter(out)).setErr(new PrintWriter(out));
    return new Ran(line.execute("secrets", "rotate"), out.toString());
  }

  @Test
  void wrapsEverySecretUnderTheNewestKeyAndNamesThoseItCannotRead() {
    var old = new Envelope("old", OLD);
    var ids = new ArrayList<String>();
    for (int i = 0; i < 450; i++) ids.add(stored(old, "n" + i, "value " + i));
    var lost = stored(new Envelope("lost", LOST), "lost", "x");
    var both = new Envelope("new", NEW, Map.of("old", OLD));
    assertThat(opened(both, ids.getFirst())).isEqualTo("value 0");

    var first = rotate(Map.of("SECRETS_KEK_OLD", "old=" + OLD, "DATABASE_URL", store.url()));

    assertThat(first.code()).isEqualTo(1);
    assertThat(first.out()).contains("450 secrets are under new now", "1 cannot", "key lost");
    var alone = new Envelope("new", NEW);
    for (int i = 0; i < ids.size(); i++) {
      assertThat(opened(alone, ids.get(i))).isEqualTo("value " + i);
    }

    // The embedded database of a home is found without being named.
    var second = rotate(Map.of("SECRETS_KEK_OLD", "old=" + OLD + ",lost=" + LOST));

    assertThat(second).isEqualTo(new Ran(0, "1 secrets are under new now\n"));
    assertThat(opened(alone, lost)).isEqualTo("x");
    assertThat(List.of(first.out(), second.out())).noneMatch(text -> text.contains(OLD));
  }

  @Test
  void saysWhatIsMissing() {
    assertThat(rotate(Map.of("VESPID_HOME", folder.resolve("none").toString())))
        .matches(ran -> ran.code() == 2 && ran.out().contains("DATABASE_URL"));
    assertThat(rotate(Map.of("SECRETS_KEK_OLD", "nonsense", "DATABASE_URL", store.url())))
        .matches(ran -> ran.code() == 2 && ran.out().contains("SECRETS_KEK_OLD"));
  }
}
