package ai.vespid.sql;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.RawJson;
import ai.vespid.sql.DispatchRepository.Known;
import ai.vespid.sql.DispatchRepository.Stored;
import ai.vespid.sql.DispatchRepository.Terminal;
import io.vertx.core.buffer.Buffer;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

final class DispatchRepositoryTest {
  private static final String ORGANIZATION = UUID.randomUUID().toString();
  private static final DispatchResult RESULT = DispatchResult.succeeded(RawJson.of("7"));

  @RegisterExtension static final OpenDatabase OPEN = new OpenDatabase();

  private static DispatchRepository repository;

  @BeforeAll
  static void open() {
    repository = new DispatchRepository(OPEN.database.gateway());
    repository.insert(List.of(row("open"), row("decided"))).await();
    var later = Instant.now().plusSeconds(60);
    repository.finish(List.of(new Terminal("decided", 1, RESULT, later))).await();
  }

  private static Stored row(String requestId) {
    return new Stored(
        requestId,
        ORGANIZATION,
        1,
        null,
        Buffer.buffer("{}"),
        null,
        "byon:" + ORGANIZATION,
        Instant.now().plusSeconds(60));
  }

  @Test
  void tellsOfEachIdWhoeverElseAsksInItsOrder() {
    var asked = List.of("nobody's", "decided", "open", "decided");

    var known = repository.find(asked).await();

    var decided = Optional.of(new Known(ORGANIZATION, 1, RESULT));
    var open = Optional.of(new Known(ORGANIZATION, 1, null));
    assertThat(known).containsExactly(Optional.empty(), decided, open, decided);
  }

  @Test
  void tellsTheRowsOfThoseThatAreOpen() {
    var rows = repository.openAmong(List.of("open", "nobody's", "decided", "open")).await();

    assertThat(rows.stream().map(row -> row.map(Stored::requestId)))
        .containsExactly(
            Optional.of("open"), Optional.empty(), Optional.empty(), Optional.of("open"));
  }
}
