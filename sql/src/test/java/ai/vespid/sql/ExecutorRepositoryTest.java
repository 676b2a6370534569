package ai.vespid.sql;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.Kind;
import ai.vespid.protocol.Pool;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Tuple;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

final class ExecutorRepositoryTest {
  private static final String ORGANIZATION = UUID.randomUUID().toString();

  @RegisterExtension static final OpenDatabase OPEN = new OpenDatabase();

  private static final Database database = OPEN.database;
  private static ExecutorRepository repository;

  @BeforeAll
  static void open() {
    repository = new ExecutorRepository(database);
    OPEN.addOrganization(ORGANIZATION);
  }

  private static String hash(String token) {
    try {
      var sha = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(sha.digest(token.getBytes(StandardCharsets.UTF_8)));
    } catch (java.security.GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static String byon(String token, JsonObject capabilities, String... labels) {
    var id = UUID.randomUUID();
    database
        .tenant(
            ORGANIZATION,
            c ->
                c.preparedQuery(
                        """
                        insert into organization_executors
                          (id, organization_id, name, token_hash, capabilities, labels)
                        values ($1, $2, 'mine', $3, $4, $5)
                        """)
                    .execute(Tuple.of(id, ORGANIZATION, hash(token), capabilities, labels)))
        .await();
    return id.toString();
  }

  private static void managed(UUID id, String token) {
    database
        .identity()
        .preparedQuery(
            """
            insert into managed_executors (id, name, token_hash, max_in_flight, drain)
            values ($1, 'ours', $2, 7, true)
            """)
        .execute(Tuple.of(id, hash(token)))
        .await();
  }

  @Test
  void findsAnOrganizationsExecutorByItsToken() {
    var token = ORGANIZATION + ".one";
    var capabilities =
        new JsonObject()
            .put("maxInFlight", 900)
            .put("kinds", new JsonArray().add("agent.execute").add("other").add(5))
            .put("connectors", new JsonArray().add("github"))
            .put("labels", new JsonArray().add("claimed"));
    var id = byon(token, capabilities, "gpu");

    var found = repository.findByToken(token).await().orElseThrow();

    assertThat(found.executorId()).isEqualTo(id);
    assertThat(found.pool()).isEqualTo(Pool.BYON);
    assertThat(found.organizationId()).isEqualTo(ORGANIZATION);
    assertThat(found.tags()).containsExactly("gpu");
    assertThat(found.maxInFlight()).isEqualTo(200);
    assertThat(found.kinds()).containsExactly(Kind.AGENT_EXECUTE);
    assertThat(found.connectors()).containsExactly("github");
    assertThat(found.revoked()).isFalse();
    assertThat(found.enabled()).isTrue();
    assertThat(repository.find(id).await()).contains(found);
  }

  @Test
  void fillsInWhatAnAgentDidNotSayOrSaidWrongly() {
    var token = ORGANIZATION + ".two";
    byon(token, new JsonObject().put("maxInFlight", "many").put("kinds", "all"));

    var found = repository.findByToken(token).await().orElseThrow();

    assertThat(found.maxInFlight()).isEqualTo(10);
    assertThat(found.kinds()).containsExactlyInAnyOrder(Kind.values());
    assertThat(found.connectors()).isNull();
  }

  @Test
  void findsAManagedExecutorOnlyWhenItsOwnIdStandsBeforeTheDot() {
    var id = UUID.randomUUID();
    managed(id, id + ".three");
    var foreign = UUID.randomUUID();
    managed(UUID.randomUUID(), foreign + ".four");

    var found = repository.findByToken(id + ".three").await().orElseThrow();

    assertThat(found.pool()).isEqualTo(Pool.MANAGED);
    assertThat(found.organizationId()).isNull();
    assertThat(found.maxInFlight()).isEqualTo(7);
    assertThat(found.drain()).isTrue();
    assertThat(repository.findByToken(foreign + ".four").await()).isEmpty();
  }

  @Test
  void refusesWhatIsNoToken() {
    for (var token : new String[] {null, "", ".", "x.y", ORGANIZATION, ORGANIZATION + ".unknown"}) {
      assertThat(repository.findByToken(token).await()).isEmpty();
    }
    assertThat(repository.find("nonsense").await()).isEmpty();
  }

  @Test
  void listsWhoWasRevokedAndStillFindsThem() {
    var token = ORGANIZATION + ".five";
    var id = byon(token, new JsonObject());
    var before = Instant.now().minusSeconds(5);
    database
        .tenant(
            ORGANIZATION,
            c ->
                c.preparedQuery(
                        "update organization_executors set revoked_at = now() where id = $1")
                    .execute(Tuple.of(id)))
        .await();

    assertThat(repository.listRevokedSince(before).await()).contains(id);
    assertThat(repository.listRevokedSince(Instant.now().plusSeconds(60)).await()).isEmpty();
    assertThat(repository.findByToken(token).await().orElseThrow().revoked()).isTrue();
  }

  @Test
  void notesWhoWasSeenInBothPoolsAndNeverGoesBack() {
    var own = byon(ORGANIZATION + ".six", new JsonObject());
    var ours = UUID.randomUUID();
    managed(ours, ours + ".seven");
    var now = Instant.parse("2026-01-01T00:00:00Z");

    repository.touchSeen(List.of(own, ours.toString()), now).await();
    repository.touchSeen(List.of(own), now.minusSeconds(60)).await();

    var seen =
        database
            .gateway()
            .preparedQuery(
                """
                select last_seen_at from organization_executors where id = $1
                union all select last_seen_at from managed_executors where id = $2
                """)
            .execute(Tuple.of(UUID.fromString(own), ours))
            .await();
    assertThat(seen)
        .hasSize(2)
        .allSatisfy(row -> assertThat(row.getOffsetDateTime(0).toInstant()).isEqualTo(now));
  }
}
