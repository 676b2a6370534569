package ai.vespid.gateway.memory;

import ai.vespid.kit.bus.Bus;
import ai.vespid.kit.bus.Mailbox;
import ai.vespid.kit.node.Node;
import ai.vespid.kit.node.Settings;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.bus.SessionMemory;
import ai.vespid.protocol.bus.SessionMemory.Due;
import ai.vespid.protocol.bus.SessionMemory.Find;
import ai.vespid.protocol.bus.SessionMemory.Look;
import ai.vespid.protocol.bus.SessionMemory.Use;
import ai.vespid.protocol.bus.SessionMemory.Used;
import ai.vespid.sql.DatabaseFailures;
import ai.vespid.sql.MemoryJobRepository;
import ai.vespid.sql.MemoryRepository;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Serves what sessions remember to those on its node; what blocks runs on worker threads. */
public final class SessionMemoryVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(SessionMemoryVerticle.class);
  private static final Duration DRAIN_MAX = Duration.ofSeconds(5);
  private static final Duration LOOK = Duration.ofSeconds(10);
  private static final Duration QMD_MAX = Duration.ofSeconds(20);

  private final Node node;
  private final MemoryRepository documents;
  private final MemoryJobRepository wishes;
  private MemoryTools tools;
  private MemoryViews views;
  private MemoryJobs jobs;
  private Mailbox mailbox;

  public SessionMemoryVerticle(Node node, MemoryRepository documents, MemoryJobRepository wishes) {
    this.node = node;
    this.documents = documents;
    this.wishes = wishes;
  }

  @Override
  public Future<?> start() {
    var settings = Settings.bind("session-memory", config(), SessionMemorySettings.class);
    var meaning = new Meaning(new LocalModel());
    var qmd = new Qmd(settings.qmdCommand(), QMD_MAX, node.clock());
    var worker =
        new MemoryTools.Worker() {
          @Override
          public <T> Future<T> run(Callable<T> work) {
            return vertx.executeBlocking(work, false);
          }
        };
    tools = new MemoryTools(documents, Path.of(settings.root()), settings, meaning, qmd, worker);
    views = new MemoryViews(documents, meaning, worker);
    jobs = new MemoryJobs(Surroundings.of(vertx, node), documents, wishes);
    vertx.setPeriodic(LOOK.toMillis(), _ -> jobs.look());
    return new Bus(vertx, node.id())
        .serve(SessionMemory.at(node.id()), settings.inFlightMax(), this::receive)
        .onSuccess(opened -> mailbox = opened);
  }

  @Override
  public Future<?> stop() {
    return mailbox == null ? Future.succeededFuture() : mailbox.drain(DRAIN_MAX);
  }

  private Future<Used> receive(SessionMemory<?> request) {
    return switch (request) {
      case Use use -> tools.use(use).recover(cause -> Future.succeededFuture(failed(cause)));
      case Find find -> answered(() -> views.find(find));
      case Look look -> answered(() -> views.look(look));
      case Due _ -> {
        jobs.look();
        yield Future.succeededFuture(new Used(null, null));
      }
    };
  }

  private static Future<Used> answered(Supplier<Future<Used>> view) {
    try {
      return view.get().recover(cause -> Future.succeededFuture(failed(cause)));
    } catch (InvalidMessage e) {
      return Future.succeededFuture(failed(e));
    }
  }

  private static Used failed(Throwable cause) {
    return switch (cause) {
      case MemoryTools.Refused refused -> new Used(null, refused.getMessage());
      case InvalidMessage bad ->
          new Used(null, ErrorCode.INVALID_TOOL_INPUT.with(bad.getMessage()));
      case Throwable away when DatabaseFailures.unavailable(away) ->
          new Used(null, ErrorCode.DATABASE_UNAVAILABLE.name());
      default -> {
        LOG.atError().setCause(cause).log("what a session remembers could not be used");
        yield new Used(null, ErrorCode.INTERNAL_ERROR.name());
      }
    };
  }
}
