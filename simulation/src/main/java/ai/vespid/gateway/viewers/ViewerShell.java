package ai.vespid.gateway.viewers;

import ai.vespid.kit.node.HomeCalls;
import ai.vespid.kit.node.Seat;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.bus.ClientEdge;
import ai.vespid.protocol.bus.ClientEdge.Happened;
import ai.vespid.protocol.bus.ClientEdge.StateChanged;
import ai.vespid.protocol.bus.ClientEdge.Streamed;
import ai.vespid.protocol.bus.Done;
import ai.vespid.protocol.bus.SessionTurns;
import ai.vespid.protocol.bus.SessionTurns.Reply;
import ai.vespid.protocol.session.SessionEvent;
import ai.vespid.protocol.session.ViewerFrame;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;

/** As {@link ClientEdgeVerticle} and its sockets, over the same {@link Feeds} and {@link Show}s. */
public final class ViewerShell {
  private static final Duration ASK_MAX = Duration.ofSeconds(16);
  private static final long WATCH_MS = 5_000;
  private static final long SLOW_MS = 10_000;

  private final Ports ports;
  private final HomeCalls homes;
  private final Feeds feeds;

  /** The world of one process. */
  public interface Ports extends Surroundings {
    /** Reads the table of events. */
    Future<List<SessionEvent>> history(String sessionId, long afterSeq, int limit);
  }

  /** One viewer's connection, as this end sees it. */
  public interface Screen {
    void show(ViewerFrame frame);

    /** It has not read what it was sent. */
    boolean full();

    void close();
  }

  public ViewerShell(Ports ports) {
    this.ports = ports;
    homes = new HomeCalls(ports);
    feeds = new Feeds(new Seat(ports.node(), 0), homes);
    again();
  }

  private void again() {
    ports.later(
        WATCH_MS,
        () -> {
          feeds.watchAgain();
          again();
        });
  }

  public Future<Done> receive(ClientEdge<?> news) {
    switch (news) {
      case Happened happened -> feeds.happened(happened);
      case Streamed piece -> feeds.streamed(piece);
      case StateChanged change -> feeds.stateChanged(change);
    }
    return Future.succeededFuture(new Done());
  }

  public void viewChanged() {
    homes.viewChanged(ports.view());
  }

  /** What a viewer or the control API wants of a session. */
  public Future<Reply> ask(SessionTurns<Reply> request) {
    return homes.askSession(request, ASK_MAX);
  }

  /**
   * A viewer joins.
   *
   * @param open whether its connection still stands
   * @return what ends the show
   */
  public Future<Runnable> join(
      String organizationId, String sessionId, long sinceSeq, Screen screen, BooleanSupplier open) {
    return feeds
        .watch(organizationId, sessionId)
        .map(watching -> {
          if (!open.getAsBoolean()) return () -> {};
          var show =
              new Show(watching.state(), sinceSeq, watching.lastSeq(), wire(screen), stage(screen));
          feeds.add(organizationId, show);
          show.begin();
          return () -> feeds.remove(show);
        });
  }

  private Show.Stage stage(Screen screen) {
    return new Show.Stage() {
      @Override
      public Future<List<SessionEvent>> read(String sessionId, long afterSeq, int limit) {
        return ports.history(sessionId, afterSeq, limit);
      }

      @Override
      public void later(long delayMs, Runnable action) {
        ports.later(delayMs, action);
      }

      @Override
      public long slowMs() {
        return SLOW_MS;
      }

      @Override
      public void tooSlow() {
        screen.close();
      }
    };
  }

  private static Wire wire(Screen screen) {
    return new Wire() {
      @Override
      public void send(ViewerFrame frame) {
        screen.show(frame);
      }

      @Override
      public boolean full() {
        return screen.full();
      }

      @Override
      public void ping() {}

      @Override
      public void close(short status, String reason) {
        screen.close();
      }

      @Override
      public void pause() {}

      @Override
      public void resume() {}
    };
  }
}
