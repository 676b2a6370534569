package ai.vespid.gateway.sessions;

import ai.vespid.protocol.Timestamps;
import ai.vespid.protocol.bus.ClientEdge;
import java.time.Instant;

/** Tells viewers what is said in a turn while it is said. */
final class Speech {
  private final World world;
  private final Session session;
  private final Turn turn;
  private long streamSeq;

  Speech(World world, Session session, Turn turn) {
    this.world = world;
    this.session = session;
    this.turn = turn;
  }

  void say(String piece) {
    session.watchers().stream(
        new ClientEdge.Streamed(
            turn.sessionId(),
            turn.requestId(),
            turn.seq(),
            ++streamSeq,
            piece,
            Timestamps.iso(Instant.ofEpochMilli(world.here().nowMs()))));
  }
}
