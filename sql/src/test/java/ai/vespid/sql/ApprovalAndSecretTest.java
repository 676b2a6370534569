package ai.vespid.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.sql.ApprovalRepository.Asked;
import ai.vespid.sql.ApprovalRepository.Outcome;
import ai.vespid.sql.RunRepository.Advance;
import ai.vespid.sql.RunRepository.Until;
import ai.vespid.sql.SecretRepository.Sealed;
import ai.vespid.sql.SecretRepository.Wrapped;
import io.vertx.core.buffer.Buffer;
import io.vertx.pgclient.PgException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** People's decisions and sealed secrets on a real PostgreSQL. */
final class ApprovalAndSecretTest {
  private static final Duration LEASE = Duration.ofMinutes(1);
  private static final String FIRST = "00000000-0000-0000-0000-000000000000";

  private static WorkflowRows rows;
  private static RunRepository runs;
  private static ApprovalRepository approvals;
  private static SecretRepository secrets;

  @BeforeAll
  static void open() {
    rows = new WorkflowRows();
    runs = new RunRepository(rows.database.worker());
    approvals = new ApprovalRepository(rows.database);
    secrets = new SecretRepository(rows.database);
  }

  @AfterAll
  static void close() {
    rows.close();
  }

  /** A run that waits for a person; returns the approval's id. */
  private static String asked(String runId, Instant expires) {
    var run = runs.claim("w1", LEASE, runId).await().orElseThrow();
    var id = UUID.randomUUID().toString();
    var waits = RunNode.Change.blocked("a", "agent.execute", 1, RunNode.APPROVAL, null, expires);
    runs.advance(
            new Advance(
                runId,
                run.epoch(),
                RunStatus.RUNNING,
                1,
                null,
                null,
                null,
                null,
                List.of(waits),
                List.of(),
                List.of(new Asked(id, "a", "agent.execute", "why not", null, expires)),
                List.of(),
                new Until(expires, run.wakeSeq())))
        .await();
    return id;
  }

  private static Sealed sealed(String kek) {
    return new Sealed(kek, Buffer.buffer("dek-" + kek), Buffer.buffer("value"));
  }

  @Test
  void anApprovalWakesTheRunOnce() {
    var runId = rows.run().id();
    var id = asked(runId, Instant.now().plusSeconds(60));
    assertThat(approvals.list(rows.organization(), null, Page.first(10)).await()).isEmpty();

    var first = approvals.approve(rows.organization, id, rows.user, "go").await();
    var second = approvals.reject(rows.organization, id, rows.user, null).await();

    assertThat(((Outcome.Decided) first).resumed()).isTrue();
    assertThat(second).isEqualTo(new Outcome.Final());
    var woken = runs.claim("w1", LEASE, runId).await().orElseThrow();
    assertThat(woken.nodes().getFirst().result().error()).isNull();
    var events =
        new RunViewRepository(rows.database).events(rows.organization, runId, 0, 10).await();
    assertThat(events.getLast().eventType()).isEqualTo("approval_approved");
    assertThat(events.getLast().message()).isEqualTo("go");
  }

  @Test
  void aRejectionIsAFailedResult() {
    var runId = rows.run().id();
    var id = asked(runId, Instant.now().plusSeconds(60));

    approvals.reject(rows.organization, id, rows.user, null).await();

    var woken = runs.claim("w1", LEASE, runId).await().orElseThrow();
    assertThat(woken.nodes().getFirst().result().error()).isEqualTo(RunNode.APPROVAL_REJECTED);
  }

  @Test
  void whatNobodyDecidesInTimeExpires() {
    var runId = rows.run().id();
    var id = asked(runId, Instant.now().minusSeconds(1));

    assertThat(approvals.approve(rows.organization, id, rows.user, null).await())
        .isEqualTo(new Outcome.Final());
    assertThat(approvals.expire(100).await()).isPositive();
    assertThat(approvals.list(rows.organization, "expired", Page.first(10)).await())
        .extracting(ApprovalRepository.Approval::id)
        .contains(id);
    assertThat(runs.claim("w1", LEASE, runId).await()).isPresent();
  }

  @Test
  void anotherOrganizationDecidesNothing() {
    var id = asked(rows.run().id(), Instant.now().plusSeconds(60));

    assertThat(approvals.approve(rows.organization(), id, rows.user, null).await())
        .isEqualTo(new Outcome.Unknown());
  }

  @Test
  void aSecretIsReadByWorkersForItsOrganizationOnly() {
    var secret =
        secrets.create(rows.organization, "github", "one", sealed("k1"), rows.user).await();

    assertThat(secrets.sealed(rows.organization, secret.id()).await().orElseThrow().sealed())
        .isEqualTo(sealed("k1"));
    assertThat(secrets.sealed(rows.organization(), secret.id()).await()).isEmpty();
    assertThatThrownBy(() ->
            rows.database
                .tenant(
                    rows.organization,
                    c -> c.query("select ciphertext from connector_secrets").execute())
                .await())
        .isInstanceOfSatisfying(
            PgException.class, e -> assertThat(e.getSqlState()).isEqualTo("42501"));
  }

  @Test
  void aNameIsTakenOncePerConnector() {
    secrets.create(rows.organization, "slack", "two", sealed("k1"), rows.user).await();
    secrets.create(rows.organization, "jira", "two", sealed("k1"), rows.user).await();

    assertThatThrownBy(() ->
            secrets.create(rows.organization, "slack", "two", sealed("k1"), rows.user).await())
        .matches(cause -> DatabaseFailures.duplicate(cause, SecretRepository.NAME_TAKEN));
    assertThat(secrets.list(rows.organization, "slack").await())
        .extracting(SecretRepository.Secret::name)
        .containsExactly("two");
  }

  @Test
  void aDataKeyIsWrappedAnewUnlessTheSecretWasReplacedMeanwhile() {
    var id =
        secrets.create(rows.organization, "email", "three", sealed("old"), rows.user).await().id();
    var old =
        secrets.underOthers("new", FIRST, 100).await().stream()
            .filter(wrapped -> wrapped.id().equals(id))
            .findFirst()
            .orElseThrow();
    var anew = new Wrapped(id, "new", Buffer.buffer("dek-new"));

    assertThat(secrets.rewrap(old, anew).await()).isTrue();
    assertThat(secrets.rewrap(old, anew).await()).isFalse();

    var stored = secrets.sealed(rows.organization, id).await().orElseThrow().sealed();
    assertThat(stored.kekId()).isEqualTo("new");
    assertThat(stored.ciphertext()).isEqualTo(Buffer.buffer("value"));
  }

  @Test
  void replacesAndDeletesOnlyItsOwn() {
    var id =
        secrets.create(rows.organization, "email", "four", sealed("k1"), rows.user).await().id();
    var stranger = rows.organization();

    assertThat(secrets.replace(stranger, id, sealed("k2"), rows.user).await()).isEmpty();
    assertThat(secrets.delete(stranger, id).await()).isFalse();
    assertThat(secrets.replace(rows.organization, id, sealed("k2"), rows.user).await()).isPresent();
    assertThat(secrets.delete(rows.organization, id).await()).isTrue();
  }
}
