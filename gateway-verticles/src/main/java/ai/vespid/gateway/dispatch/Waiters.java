package ai.vespid.gateway.dispatch;

import ai.vespid.kit.bus.Fault;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.bus.Dispatch;
import ai.vespid.protocol.bus.DispatchRouter.Accepted;
import ai.vespid.protocol.bus.DispatchRouter.Refused;
import ai.vespid.protocol.bus.DispatchRouter.Reply;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Who waits for what became of a dispatch: everybody who submits an open id shares its answers. */
final class Waiters {
  /** The two answers of one open dispatch. */
  static final class Line {
    private final String organizationId;
    private final boolean durable;
    private final Promise<Reply> accepted = Promise.promise();
    private final Promise<Reply> result = Promise.promise();

    private Line(String organizationId, boolean durable) {
      this.organizationId = organizationId;
      this.durable = durable;
    }

    void accepted() {
      accepted.tryComplete(new Accepted());
    }

    Future<Reply> answer(boolean async) {
      return async ? accepted.future() : result.future();
    }
  }

  private final Map<String, Line> lines = new LinkedHashMap<>();

  /** The line of an id: a new one, or that in which somebody waits already. */
  Line open(Dispatch dispatch, boolean durable) {
    return lines.computeIfAbsent(
        dispatch.requestId(), _ -> new Line(dispatch.organizationId(), durable));
  }

  /** The answer of a dispatch that is open already, or null. An id belongs to one organization. */
  Future<Reply> join(Dispatch dispatch, boolean async) {
    var line = lines.get(dispatch.requestId());
    if (line == null) return null;
    if (!line.organizationId.equals(dispatch.organizationId())) return conflict();
    // What runs in memory only cannot be promised durably any more.
    if (async && !line.durable) return conflict();
    return line.answer(async);
  }

  static Future<Reply> conflict() {
    return Future.succeededFuture(
        new Refused(ErrorCode.REQUEST_ID_CONFLICT, "the request id is in use otherwise"));
  }

  boolean has(String requestId) {
    return lines.containsKey(requestId);
  }

  /** How many ids somebody may wait for. */
  int size() {
    return lines.size();
  }

  void accepted(String requestId) {
    var line = lines.get(requestId);
    if (line != null) line.accepted();
  }

  /** Another home decides it now: whoever waits asks there. */
  void moved(String requestId) {
    var line = lines.remove(requestId);
    if (line == null) return;
    var moved = new Fault(Fault.Code.NOT_HOME, "another router is home");
    line.accepted.tryFail(moved);
    line.result.tryFail(moved);
  }

  /** This router stops: whoever waits asks the next one. */
  void abandon() {
    List.copyOf(lines.keySet()).forEach(this::moved);
  }

  /** The answer of what is open under this id, or null. */
  Future<Reply> join(String requestId, String organizationId) {
    var line = lines.get(requestId);
    return line == null || !line.organizationId.equals(organizationId) ? null : line.answer(false);
  }

  /** The last word: everybody who waits for either answer gets it. */
  void close(String requestId, Reply reply) {
    var line = lines.remove(requestId);
    if (line == null) return;
    line.result.tryComplete(reply);
    line.accepted.tryComplete(reply);
  }
}
