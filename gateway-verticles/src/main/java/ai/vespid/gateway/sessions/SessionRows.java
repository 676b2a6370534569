package ai.vespid.gateway.sessions;

import ai.vespid.sql.SessionOwnerRepository;
import ai.vespid.sql.SessionOwnerRepository.Appended;
import ai.vespid.sql.SessionOwnerRepository.Change;
import ai.vespid.sql.SessionOwnerRepository.Claim;
import ai.vespid.sql.SessionOwnerRepository.Held;
import ai.vespid.sql.SessionRow;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Sessions as their owner reaches them: {@link SessionOwnerRepository}, whose words these are, or
 * the rows of the simulator.
 */
interface SessionRows {
  Future<Claim> claim(String sessionId, String owner, Duration lease);

  Future<Set<String>> renew(List<Held> held, Duration lease);

  Future<Void> release(Held held);

  Future<Appended> append(Held held, long seq, List<SessionRow.New> events, Change change);

  Future<Optional<SessionRow>> byKey(String sessionId, String idempotencyKey);

  Future<List<SessionRow>> openTurns(String sessionId);

  Future<List<SessionRow>> last(String sessionId, long fromSeq, int limit);

  Future<List<String>> orphans(String after, int limit);

  /** Those of the database. */
  static SessionRows of(SessionOwnerRepository owners) {
    return new SessionRows() {
      @Override
      public Future<Claim> claim(String sessionId, String owner, Duration lease) {
        return owners.claim(sessionId, owner, lease);
      }

      @Override
      public Future<Set<String>> renew(List<Held> held, Duration lease) {
        return owners.renew(held, lease);
      }

      @Override
      public Future<Void> release(Held held) {
        return owners.release(held);
      }

      @Override
      public Future<Appended> append(
          Held held, long seq, List<SessionRow.New> events, Change change) {
        return owners.append(held, seq, events, change);
      }

      @Override
      public Future<Optional<SessionRow>> byKey(String sessionId, String idempotencyKey) {
        return owners.byKey(sessionId, idempotencyKey);
      }

      @Override
      public Future<List<SessionRow>> openTurns(String sessionId) {
        return owners.openTurns(sessionId);
      }

      @Override
      public Future<List<SessionRow>> last(String sessionId, long fromSeq, int limit) {
        return owners.last(sessionId, fromSeq, limit);
      }

      @Override
      public Future<List<String>> orphans(String after, int limit) {
        return owners.orphans(after, limit);
      }
    };
  }
}
