package ai.vespid.agent.engine;

import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.executor.EventLevel;
import ai.vespid.protocol.executor.ExecutorFrame.Event;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * What an engine says while it works, as events of its dispatch (contract 1.2; the kinds are those
 * of 7.5). Pieces of text are put together, because an engine says a few letters at a time; nothing
 * of them is trimmed (E10). There is a limit to the events of a run and to the text in them, and
 * what is beyond it stands in the result alone.
 *
 * <p>Safe for use by many threads.
 */
public final class EventStream implements AutoCloseable {
  private static final String DELTA = "agent.assistant_delta";

  private final Limits limits;
  private final InstantSource clock;
  private final Consumer<RawJson> out;
  private final StringBuilder waiting = new StringBuilder();
  private int turn;
  private int deltas;
  private int events;
  private int chars;
  private boolean closed;

  /**
   * When text becomes an event, and how much of it does.
   *
   * @param flushChars so much makes an event
   * @param flushMs or what came in this time
   */
  public record Limits(int flushChars, long flushMs, int eventsMax, int charsMax) {
    public static final Limits USUAL = new Limits(128, 80, 800, 200_000);
  }

  private record Delta(int turn, int deltaIndex, String delta) {}

  /**
   * @param out takes the events, in order; must not block
   */
  public EventStream(Limits limits, InstantSource clock, Consumer<RawJson> out) {
    this.limits = limits;
    this.clock = clock;
    this.out = out;
  }

  /** A piece of the text of a turn. */
  synchronized void delta(int ofTurn, String text) {
    if (ofTurn != turn) flush();
    turn = ofTurn;
    int room = Math.min(text.length(), limits.charsMax() - chars);
    if (room <= 0 || events >= limits.eventsMax()) return;
    chars += room;
    if (waiting.isEmpty()) later(this::flush);
    waiting.append(text, 0, room);
    if (waiting.length() >= limits.flushChars()) flush();
  }

  private void later(Runnable what) {
    CompletableFuture.delayedExecutor(limits.flushMs(), TimeUnit.MILLISECONDS).execute(what);
  }

  private synchronized void flush() {
    if (waiting.isEmpty()) return;
    var delta = new Delta(turn, deltas++, waiting.toString());
    waiting.setLength(0);
    put(DELTA, EventLevel.INFO, null, delta);
  }

  /** Something else that happened, after the text that came before it. */
  synchronized void event(String kind, Map<String, ?> payload) {
    flush();
    if (events < limits.eventsMax()) put(kind, EventLevel.INFO, null, payload);
  }

  /** The same, for people to look at. */
  synchronized void warn(String kind, String message) {
    flush();
    if (events < limits.eventsMax()) put(kind, EventLevel.WARN, message, null);
  }

  /** The last one, which there is always room for. */
  synchronized void last(String kind, Map<String, ?> payload) {
    flush();
    put(kind, EventLevel.INFO, null, payload);
    closed = true;
  }

  /** Nothing more is said. */
  @Override
  public synchronized void close() {
    closed = true;
    waiting.setLength(0);
  }

  private void put(String kind, EventLevel level, String message, Object payload) {
    if (closed) return;
    var json = payload == null ? null : RawJson.from(payload);
    out.accept(RawJson.from(new Event(++events, clock.millis(), kind, level, message, json)));
  }
}
