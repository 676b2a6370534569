package ai.vespid.sql;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.RawJson;
import ai.vespid.sql.RunRepository.Advance;
import ai.vespid.sql.RunRepository.Claimed;
import ai.vespid.sql.RunRepository.Finished;
import ai.vespid.sql.RunRepository.Held;
import ai.vespid.sql.RunRepository.Hold;
import ai.vespid.sql.RunRepository.Keep;
import ai.vespid.sql.RunRepository.Lost;
import ai.vespid.sql.RunRepository.Until;
import ai.vespid.sql.RunRepository.Written;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Runs on a real PostgreSQL, as runners and continuations change them. */
final class RunRepositoryTest {
  private static final Duration LEASE = Duration.ofMinutes(1);
  private static final Duration NO_LEASE = Duration.ofMillis(-1);

  private static WorkflowRows rows;
  private static RunRepository runs;
  private static ContinuationRepository continuations;
  private static RunViewRepository views;

  @BeforeAll
  static void open() {
    rows = new WorkflowRows();
    runs = new RunRepository(rows.database.worker());
    continuations = new ContinuationRepository(rows.database.worker());
    views = new RunViewRepository(rows.database);
  }

  @AfterAll
  static void close() {
    rows.close();
  }

  /** What other tests left due is nobody's business. */
  @BeforeEach
  void nothingIsDue() {
    for (var run : runs.claimDue("broom", LEASE, 1_000).await()) finish(run);
  }

  private static Claimed claimed() {
    return runs.claim("w1", LEASE, rows.run().id()).await().orElseThrow();
  }

  private static Advance step(
      Claimed run, List<RunNode.Change> nodes, Hold hold, String... events) {
    return new Advance(
        run.run().id(),
        run.epoch(),
        hold instanceof Finished ? RunStatus.SUCCEEDED : RunStatus.RUNNING,
        1,
        null,
        RawJson.of("{\"note\": 1}"),
        hold instanceof Finished ? RawJson.of("{\"done\": true}") : null,
        null,
        nodes,
        List.of(events).stream()
            .map(type -> RunEvent.New.ofRun(type, RunEvent.Level.INFO, null, null))
            .toList(),
        List.of(),
        List.of(),
        hold);
  }

  private static void finish(Claimed run) {
    runs.advance(step(run, List.of(), new Finished(), "run_succeeded")).await();
  }

  private static RunNode.Change blocked(Claimed run, Instant timeout) {
    var request = run.run().id() + ":a:1";
    return RunNode.Change.blocked("a", "agent.execute", 1, "agent.execute", request, timeout);
  }

  private static Instant later() {
    return Instant.now().plusSeconds(60);
  }

  private static List<RunEvent> events(Claimed run) {
    return views.events(rows.organization, run.run().id(), 0, 500).await();
  }

  @Test
  void twoClaimersShareWhatIsDue() {
    var queued = IntStream.range(0, 40).mapToObj(_ -> rows.run().id()).toList();

    var claims =
        Future.all(
                IntStream.range(0, 8).mapToObj(n -> runs.claimDue("w" + n % 2, LEASE, 5)).toList())
            .await()
            .<List<Claimed>>list();

    var ids = claims.stream().flatMap(List::stream).map(claim -> claim.run().id()).toList();
    assertThat(ids).doesNotHaveDuplicates();
    var rest = runs.claimDue("w3", LEASE, 100).await().stream().map(c -> c.run().id()).toList();
    var all = new HashSet<>(ids);
    all.addAll(rest);
    assertThat(all).containsExactlyInAnyOrderElementsOf(queued);
    assertThat(ids.size() + rest.size()).isEqualTo(40);
  }

  @Test
  void writesTheRunItsNodesAndItsEventsTogether() {
    var run = claimed();
    assertThat(run.run().input().text()).isEqualTo("{\"a\": 1.00}");

    runs.advance(
            step(
                run,
                List.of(RunNode.Change.running("a", "agent.execute", 1)),
                new Keep(LEASE),
                "run_started",
                "node_started"))
        .await();
    finish(run);

    var read = views.find(rows.organization, rows.workflow, run.run().id()).await().orElseThrow();
    assertThat(read.status()).isEqualTo(RunStatus.SUCCEEDED);
    assertThat(read.output()).isEqualTo(RawJson.of("{\"done\": true}"));
    assertThat(read.startedAt()).isNotNull();
    assertThat(read.finishedAt()).isNotNull();
    assertThat(events(run))
        .extracting(RunEvent::eventType)
        .containsExactly("run_queued", "run_started", "node_started", "run_succeeded");
    assertThat(events(run)).extracting(RunEvent::seq).containsExactly(1L, 2L, 3L, 4L);
    assertThat(runs.claim("w1", LEASE, run.run().id()).await()).isEmpty();
  }

  @Test
  void refusesWhatAnOlderEpochWrites() {
    var old = runs.claim("w1", NO_LEASE, rows.run().id()).await().orElseThrow();
    var current = runs.claim("w2", LEASE, old.run().id()).await().orElseThrow();
    assertThat(current.epoch()).isEqualTo(old.epoch() + 1);

    var late =
        runs.advance(
                step(
                    old,
                    List.of(RunNode.Change.running("a", "agent.execute", 1)),
                    new Keep(LEASE),
                    "node_started"))
            .await();

    assertThat(late).isEqualTo(new Lost());
    assertThat(events(current)).hasSize(1);
    assertThat(runs.nodes(List.of(old.run().id())).await()).isEmpty();
    var held = List.of(new Held(old.run().id(), old.epoch()));
    assertThat(runs.renew(LEASE, held).await().kept()).isEmpty();
  }

  @Test
  void keepsAClaimThatIsRenewed() {
    var run = runs.claim("w1", NO_LEASE, rows.run().id()).await().orElseThrow();

    var kept = runs.renew(LEASE, List.of(new Held(run.run().id(), run.epoch()))).await().kept();

    assertThat(kept).containsExactly(Map.entry(run.run().id(), run.wakeSeq()));
    assertThat(runs.claim("w2", LEASE, run.run().id()).await()).isEmpty();
  }

  @Test
  void aRunThatIsOverIsNeverWrittenAgain() {
    var run = claimed();
    finish(run);

    var again = runs.advance(step(run, List.of(), new Keep(LEASE), "node_started")).await();

    assertThat(again).isEqualTo(new Lost());
    assertThat(events(run)).hasSize(2);
  }

  @Test
  void aResultWakesARunThatWaits() {
    var run = claimed();
    runs.advance(step(run, List.of(blocked(run, later())), new Until(later(), run.wakeSeq())))
        .await();
    assertThat(runs.claim("w2", LEASE, run.run().id()).await()).isEmpty();
    var request = run.run().id() + ":a:1";
    assertThat(continuations.find(request).await()).isPresent();

    var result = DispatchResult.succeeded(RawJson.of("{\"n\": 1.00}"));
    var delivered = continuations.deliver(request, result).await().orElseThrow();

    assertThat(delivered.organizationId()).isEqualTo(rows.organization);
    assertThat(delivered.claimOwner()).isNull();
    var woken = runs.claim("w2", LEASE, run.run().id()).await().orElseThrow();
    assertThat(woken.cursor()).isEqualTo(RawJson.of("{\"note\": 1}"));
    assertThat(woken.nodes()).singleElement().extracting(RunNode::result).isEqualTo(result);
    assertThat(continuations.find(request).await()).isEmpty();
  }

  @Test
  void theFirstResultCounts() {
    var run = claimed();
    runs.advance(step(run, List.of(blocked(run, later())), new Until(later(), 0))).await();
    var request = run.run().id() + ":a:1";
    continuations.deliver(request, DispatchResult.succeeded(RawJson.NULL)).await();

    var second = continuations.deliver(request, DispatchResult.failed(ErrorCode.NOT_FOUND)).await();

    assertThat(second).isEmpty();
    var node = runs.nodes(List.of(run.run().id())).await().get(run.run().id()).getFirst();
    assertThat(node.result().error()).isNull();
  }

  @Test
  void aResultThatComesBeforeTheRunIsLetGoIsNotMissed() {
    var run = claimed();
    runs.advance(step(run, List.of(blocked(run, later())), new Keep(LEASE))).await();
    var request = run.run().id() + ":a:1";
    var delivered = continuations.deliver(request, DispatchResult.succeeded(RawJson.NULL)).await();
    assertThat(delivered.orElseThrow().claimOwner()).isEqualTo("w1");

    var released = runs.advance(step(run, List.of(), new Until(later(), run.wakeSeq()))).await();

    assertThat(released).isEqualTo(new Written(run.wakeSeq() + 1));
    assertThat(runs.claim("w2", LEASE, run.run().id()).await()).isPresent();
  }

  @Test
  void aResultForAnUnknownRequestIsNobodys() {
    var request = rows.run().id() + ":a:1";

    assertThat(continuations.deliver(request, DispatchResult.succeeded(null)).await()).isEmpty();
  }

  @Test
  void tellsWhatHasWaitedTooLong() {
    var run = claimed();
    var past = Instant.now().minusSeconds(1);
    runs.advance(step(run, List.of(blocked(run, past)), new Until(past, 0))).await();

    var request = run.run().id() + ":a:1";
    assertThat(continuations.expired(100).await())
        .extracting(ContinuationRepository.Blocked::requestId)
        .contains(request);
    assertThat(continuations.waiting("", 100).await())
        .extracting(ContinuationRepository.Blocked::requestId)
        .contains(request);
    assertThat(runs.claim("w2", LEASE, run.run().id()).await()).isPresent();
  }

  @Test
  void remoteEventsAreAddedOnceAndOnlyWhileTheNodeIsBlocked() {
    var run = claimed();
    runs.advance(step(run, List.of(blocked(run, later())), new Keep(LEASE), "node_dispatched"))
        .await();
    var request = run.run().id() + ":a:1";
    var said =
        new RunEvent.New(
            "remote_event", null, null, RunEvent.Level.WARN, "log", RawJson.of("\"\\u0000\""));

    var added =
        Future.all(
                IntStream.range(0, 6)
                    .mapToObj(n -> continuations.remoteEvent(request, "" + n / 2, said))
                    .toList())
            .await()
            .<Boolean>list();

    assertThat(added).filteredOn(Boolean::booleanValue).hasSize(3);
    finish(run);
    var ended = RunNode.Change.ended("a", "agent.execute", NodeState.SUCCEEDED, 1, null, null);
    assertThat(ended.requestId()).isNull();
    assertThat(events(run))
        .extracting(RunEvent::seq)
        .containsExactlyElementsOf(LongStream.rangeClosed(1, 6).boxed().toList());
    assertThat(events(run).get(3).nodeId()).isEqualTo("a");
    assertThat(events(run).get(3).level()).isEqualTo(RunEvent.Level.WARN);
  }

  @Test
  void aNodeThatIsWrittenAsBlockedAgainKeepsItsResult() {
    var run = claimed();
    var waits = List.of(blocked(run, later()));
    runs.advance(step(run, waits, new Keep(LEASE))).await();
    continuations.deliver(run.run().id() + ":a:1", DispatchResult.succeeded(null)).await();

    runs.advance(step(run, waits, new Keep(LEASE))).await();

    var node = runs.nodes(List.of(run.run().id())).await().get(run.run().id()).getFirst();
    assertThat(node.result()).isNotNull();
  }

  @Test
  void anotherOrganizationSeesNothingOfIt() {
    var run = claimed();
    var stranger = rows.organization();

    assertThat(views.find(stranger, rows.workflow, run.run().id()).await()).isEmpty();
    assertThat(views.list(stranger, rows.workflow, Page.first(10)).await()).isEmpty();
    assertThat(views.events(stranger, run.run().id(), 0, 10).await()).isEmpty();
    assertThat(views.nodes(stranger, run.run().id()).await()).isEmpty();
  }

  @Test
  void readsTheDefinitionOfARun() {
    assertThat(runs.dsl(rows.workflow).await()).contains(WorkflowRows.DSL);
  }
}
