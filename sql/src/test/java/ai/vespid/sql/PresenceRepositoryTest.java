package ai.vespid.sql;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.RawJson;
import ai.vespid.sql.PresenceRepository.Arrival;
import ai.vespid.sql.PresenceRepository.Departure;
import ai.vespid.sql.PresenceRepository.Event;
import ai.vespid.sql.PresenceRepository.Told;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

final class PresenceRepositoryTest {
  private static final String ORGANIZATION = UUID.randomUUID().toString();
  private static final Instant START = Instant.parse("2026-11-21T10:00:00Z");

  @RegisterExtension static final OpenDatabase OPEN = new OpenDatabase();

  private static final Database database = OPEN.database;
  private static PresenceRepository presence;

  @BeforeAll
  static void open() {
    presence = new PresenceRepository(database);
    OPEN.addOrganization(ORGANIZATION);
  }

  private static String executor() {
    var id = UUID.randomUUID();
    database
        .tenant(
            ORGANIZATION,
            c ->
                c.preparedQuery(
                        """
                        insert into organization_executors (id, organization_id, name, token_hash)
                        values ($1, $2, 'mine', $3)
                        """)
                    .execute(Tuple.of(id, ORGANIZATION, id.toString())))
        .await();
    return id.toString();
  }

  private static Arrival arrival(String executor, String connection, String boot, int second) {
    return new Arrival(
        executor,
        connection,
        "gw-1",
        "192.0.2.1",
        "1.0.0",
        boot,
        List.of("ack", "commands"),
        START.plusSeconds(second));
  }

  private static Departure departure(String executor, String connection, String how, int second) {
    return new Departure(executor, connection, START.plusSeconds(second), how);
  }

  private static List<String> kinds(String executor) {
    return presence.events(ORGANIZATION, executor, Page.first(100)).await().stream()
        .map(Event::kind)
        .toList();
  }

  @Test
  void manyComeAndGoInOneStatement() {
    var all = IntStream.range(0, 50).mapToObj(_ -> executor()).toList();

    presence.arrived(all.stream().map(id -> arrival(id, "c1", "b1", 0)).toList()).await();
    presence.left(all.stream().map(id -> departure(id, "c1", "link_lost", 1)).toList()).await();

    assertThat(all)
        .allSatisfy(id -> assertThat(kinds(id)).containsExactly("link_lost", "connected"));
    var seen = presence.find(ORGANIZATION, all.getLast()).await().orElseThrow();
    assertThat(seen.features()).containsExactly("ack", "commands");
    assertThat(seen.endedAt()).isEqualTo(START.plusSeconds(1));
    assertThat(seen.endedHow()).isEqualTo("link_lost");
    assertThat(seen.reading()).isNull();
  }

  @Test
  void theEndOfAnEarlierConnectionIsNotThatOfTheLastOne() {
    var id = executor();
    presence.arrived(List.of(arrival(id, "c1", "b1", 0))).await();
    presence.arrived(List.of(arrival(id, "c2", "b1", 5))).await();

    presence.left(List.of(departure(id, "c1", "moved", 6))).await();
    presence.arrived(List.of(arrival(id, "c1", "b1", 0))).await();

    var seen = presence.find(ORGANIZATION, id).await().orElseThrow();
    assertThat(seen.connectionId()).isEqualTo("c2");
    assertThat(seen.endedAt()).isNull();
    assertThat(kinds(id)).containsExactly("reconnected", "connected");
  }

  @Test
  void anotherProcessDiedOrWasStopped() {
    var id = executor();
    presence.arrived(List.of(arrival(id, "c1", "b1", 0))).await();
    presence.arrived(List.of(arrival(id, "c2", "b2", 5))).await();
    presence.left(List.of(departure(id, "c2", "stopped", 6))).await();
    presence.arrived(List.of(arrival(id, "c3", "b3", 7))).await();

    assertThat(kinds(id)).containsExactly("started", "stopped", "restarted", "connected");
  }

  @Test
  void whoIsNoExecutorOfAnOrganizationIsLeftOut() {
    var id = executor();
    var nobody = UUID.randomUUID().toString();

    presence.arrived(List.of(arrival(nobody, "c", "b", 0), arrival(id, "c", "b", 0))).await();
    presence.measured(List.of(new Told(nobody, START, RawJson.of("{}")))).await();

    assertThat(kinds(id)).containsExactly("connected");
    assertThat(presence.find(ORGANIZATION, nobody).await()).isEmpty();
    assertThat(presence.find(UUID.randomUUID().toString(), id).await()).isEmpty();
  }

  private static void told(String id, int second, String reading) {
    var at = START.plusSeconds(second);
    presence.measured(List.of(new Told(id, at, RawJson.of(reading)))).await();
  }

  @Test
  void theLastReadingIsShownAndTheFirstOfEverySlotIsKept() {
    var id = executor();
    presence.arrived(List.of(arrival(id, "c", "b", 0))).await();
    told(id, 10, "{\"n\":1}");
    told(id, 40, "{\"n\":2}");
    told(id, 310, "{\"n\":3}");
    // One that comes late takes nothing back.
    told(id, 300, "{\"n\":0}");

    var until = START.plus(Duration.ofHours(1));
    var kept = presence.readings(ORGANIZATION, id, START, until, 10).await();

    assertThat(kept)
        .extracting(one -> one.reading().text())
        .containsExactly("{\"n\":3}", "{\"n\":1}");
    assertThat(presence.find(ORGANIZATION, id).await().orElseThrow().reading().text())
        .isEqualTo("{\"n\":3}");
  }

  @Test
  void whatIsOldIsDeletedAndWhatIsLastStays() {
    var id = executor();
    presence.arrived(List.of(arrival(id, "c", "b", 0))).await();
    told(id, 10, "{}");
    told(id, 700, "{}");
    var upkeep = new UpkeepRepository(database);
    var before = START.plusSeconds(600);

    for (var kind :
        List.of(UpkeepRepository.Kind.EXECUTOR_EVENTS, UpkeepRepository.Kind.EXECUTOR_READINGS)) {
      upkeep.alone(batches -> batches.delete(kind, before, 1_000)).await();
    }

    assertThat(kinds(id)).isEmpty();
    assertThat(presence.readings(ORGANIZATION, id, START, before.plusSeconds(999), 10).await())
        .hasSize(1);
    assertThat(presence.find(ORGANIZATION, id).await()).isPresent();
  }
}
