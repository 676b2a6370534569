package ai.vespid.server;

import ai.vespid.kit.crypto.Envelope;
import ai.vespid.sql.SecretRepository;
import ai.vespid.sql.SecretRepository.Wrapped;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One pass over all data keys that are not under the newest key-encryption key. Safe to repeat and
 * to run twice at once: a key that changed since it was read is left to whoever changed it.
 */
final class KekRotation {
  private static final int PAGE = 200;
  private static final String BEFORE_ALL = "00000000-0000-0000-0000-000000000000";

  /**
   * What a pass did.
   *
   * @param unreadable secrets by the id of the key that is not known, or does not fit
   */
  record Told(int rewrapped, int changedMeanwhile, Map<String, Integer> unreadable) {
    String text(String kekId) {
      var text = new StringBuilder();
      text.append("%d secrets are under %s now".formatted(rewrapped, kekId));
      if (changedMeanwhile > 0) {
        text.append(", %d were replaced or deleted meanwhile".formatted(changedMeanwhile));
      }
      unreadable.forEach((id, count) ->
          text.append(
              "%n%d cannot be read: the key %s is not in SECRETS_KEK_OLD, or another one"
                  .formatted(count, id)));
      return text.toString();
    }
  }

  private final SecretRepository secrets;
  private final Envelope envelope;
  private final Map<String, Integer> unreadable = new TreeMap<>();
  private int rewrapped;
  private int changedMeanwhile;

  KekRotation(SecretRepository secrets, Envelope envelope) {
    this.secrets = secrets;
    this.envelope = envelope;
  }

  Future<Told> run() {
    return from(BEFORE_ALL);
  }

  private Future<Told> from(String afterId) {
    return secrets
        .underOthers(envelope.kekId(), afterId, PAGE)
        .compose(page ->
            rewrap(page)
                .compose(_ ->
                    page.size() < PAGE
                        ? Future.succeededFuture(
                            new Told(rewrapped, changedMeanwhile, Map.copyOf(unreadable)))
                        : from(page.getLast().id())));
  }

  private Future<?> rewrap(List<Wrapped> page) {
    var written = new ArrayList<Future<?>>();
    for (var old : page) {
      try {
        var anew = envelope.rewrap(old.kekId(), old.wrappedDek().getBytes());
        var next = new Wrapped(old.id(), envelope.kekId(), Buffer.buffer(anew));
        written.add(secrets.rewrap(old, next).onSuccess(this::count));
      } catch (IllegalStateException e) {
        unreadable.merge(old.kekId(), 1, Integer::sum);
      }
    }
    return Future.all(written);
  }

  private void count(boolean done) {
    if (done) rewrapped++;
    else changedMeanwhile++;
  }
}
