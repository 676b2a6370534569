package ai.vespid.gateway.memory;

import ai.vespid.kit.bus.Bus;
import ai.vespid.kit.bus.Mailbox;
import ai.vespid.kit.node.Node;
import ai.vespid.kit.node.Settings;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.bus.SessionMemory;
import ai.vespid.protocol.bus.SessionMemory.Use;
import ai.vespid.protocol.bus.SessionMemory.Used;
import ai.vespid.sql.DatabaseFailures;
import ai.vespid.sql.MemoryRepository;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.nio.file.Path;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Serves what sessions remember to those on its node; what blocks runs on worker threads. */
public final class SessionMemoryVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(SessionMemoryVerticle.class);
  private static final Duration DRAIN_MAX = Duration.ofSeconds(5);

  private final Node node;
  private final MemoryRepository documents;
  private MemoryTools tools;
  private Mailbox mailbox;

  public SessionMemoryVerticle(Node node, MemoryRepository documents) {
    this.node = node;
    this.documents = documents;
  }

  @Override
  public Future<?> start() {
    var settings = Settings.bind("session-memory", config(), SessionMemorySettings.class);
    tools =
        new MemoryTools(
            documents,
            Path.of(settings.root()),
            settings,
            new Meaning(new LocalModel()),
            new MemoryTools.Worker() {
              @Override
              public <T> Future<T> run(java.util.concurrent.Callable<T> work) {
                return vertx.executeBlocking(work, false);
              }
            });
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
    };
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
