package ai.vespid.gateway.memory;

import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.bus.SessionMemory;
import ai.vespid.protocol.bus.SessionMemory.Use;
import ai.vespid.protocol.bus.SessionMemory.Used;
import ai.vespid.sql.MemoryJobRepository;
import ai.vespid.sql.MemoryJobRepository.Job;
import ai.vespid.sql.MemoryRepository;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries wishes to synchronize out: for each key, each node compares its folder with the database.
 * A wish of a gateway that died is another one's when its lease is over; to compare once more does
 * no harm.
 */
final class MemoryJobs {
  private static final Logger LOG = LoggerFactory.getLogger(MemoryJobs.class);
  private static final int CLAIM_MAX = 4;
  private static final int KEYS_MAX = 1_000;
  private static final Duration LEASE = Duration.ofMinutes(5);
  private static final Duration USE_MAX = Duration.ofSeconds(90);

  /** What the builtin provider or another one said of one folder. */
  private record Said(
      String provider, String fallbackFrom, String workspaceDir, int documents, int changed) {}

  /** What came of a wish; the folder is the first of this node's. */
  private record Details(
      String provider,
      String fallbackFrom,
      String workspaceDir,
      int keys,
      int documents,
      int changed,
      List<String> unreached) {}

  private record Place(String node, String key) {}

  private final Surroundings here;
  private final MemoryRepository documents;
  private final MemoryJobRepository jobs;
  private boolean claiming;
  private boolean again;

  MemoryJobs(Surroundings here, MemoryRepository documents, MemoryJobRepository jobs) {
    this.here = here;
    this.documents = documents;
    this.jobs = jobs;
  }

  /** Looks for wishes; one look at a time. */
  void look() {
    again = claiming;
    if (claiming) return;
    claiming = true;
    jobs.claim(CLAIM_MAX, LEASE)
        .compose(claimed -> {
          again |= claimed.size() == CLAIM_MAX;
          return each(claimed.iterator());
        })
        .onComplete(done -> {
          claiming = false;
          if (done.failed()) {
            LOG.atWarn()
                .addKeyValue("cause", done.cause().getClass().getSimpleName())
                .log("wishes to synchronize cannot be read; tried again");
          } else if (again) {
            look();
          }
        });
  }

  private Future<?> each(Iterator<Job> claimed) {
    if (!claimed.hasNext()) return Future.succeededFuture();
    var job = claimed.next();
    return carryOut(job)
        .compose(details -> jobs.finish(job, RawJson.from(details), null))
        .recover(cause -> {
          LOG.atWarn()
              .addKeyValue("cause", cause.getClass().getSimpleName())
              .log("memory could not be synchronized");
          return jobs.finish(job, null, ErrorCode.MEMORY_SYNC_FAILED.name());
        })
        .compose(_ -> each(claimed));
  }

  private Future<Details> carryOut(Job job) {
    return keys(job)
        .compose(keys -> {
          var places = new ArrayList<Place>();
          for (var key : keys) {
            places.add(new Place(here.node(), key));
            others().forEach(node -> places.add(new Place(node, key)));
          }
          return visit(
              job,
              places.iterator(),
              new Details(job.provider(), null, null, keys.size(), 0, 0, List.of()));
        });
  }

  private Future<List<String>> keys(Job job) {
    return job.sessionKey() == null
        ? documents.keys(job.organizationId(), KEYS_MAX)
        : Future.succeededFuture(List.of(job.sessionKey()));
  }

  private List<String> others() {
    return here.view().members().stream()
        .filter(member -> member.sessions() > 0 && !member.id().equals(here.node()))
        .map(member -> member.id())
        .toList();
  }

  // One after the other: what one node took over the next one is given.
  private Future<Details> visit(Job job, Iterator<Place> places, Details so) {
    if (!places.hasNext()) return Future.succeededFuture(so);
    var place = places.next();
    boolean own = place.node().equals(here.node());
    var input = RawJson.from(Map.of("provider", job.provider()));
    var use = new Use(job.organizationId(), place.key(), SessionMemory.SYNC, input, null);
    return here.ask(SessionMemory.at(place.node()), use, USE_MAX)
        .map(used -> added(so, used))
        .recover(
            cause -> own ? Future.failedFuture(cause) : Future.succeededFuture(without(so, place)))
        .compose(more -> visit(job, places, more));
  }

  private static Details added(Details so, Used used) {
    if (used.error() != null) throw new IllegalStateException(used.error());
    var said = Json.read(used.output().bytes(), Said.class);
    boolean fallback = said.fallbackFrom() != null;
    return new Details(
        fallback ? said.provider() : so.provider(),
        fallback ? said.fallbackFrom() : so.fallbackFrom(),
        so.workspaceDir() == null ? said.workspaceDir() : so.workspaceDir(),
        so.keys(),
        Math.max(so.documents(), said.documents()),
        so.changed() + said.changed(),
        so.unreached());
  }

  private static Details without(Details so, Place place) {
    var unreached = new ArrayList<>(so.unreached());
    if (!unreached.contains(place.node())) unreached.add(place.node());
    return new Details(
        so.provider(),
        so.fallbackFrom(),
        so.workspaceDir(),
        so.keys(),
        so.documents(),
        so.changed(),
        unreached);
  }
}
