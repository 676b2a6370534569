package ai.vespid.gateway.control;

import ai.vespid.gateway.control.Query.Cursor;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.RawJson;
import ai.vespid.sql.AlertRepository;
import ai.vespid.sql.AlertRepository.Alert;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.vertx.core.Future;
import java.util.HashMap;
import java.util.Map;

/**
 * What an organization has to be told because nothing goes on without a person, such as a trigger
 * that was switched off. Ours; the original has none.
 */
final class AlertEndpoints {
  /** An alert and who has seen it. */
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record AlertView(
      String id,
      String organizationId,
      String kind,
      String message,
      String workflowId,
      String subscriptionId,
      RawJson details,
      String createdAt,
      String acknowledgedAt,
      String acknowledgedByUserId) {
    static AlertView of(Alert a) {
      return new AlertView(
          a.id(),
          a.organizationId(),
          a.kind(),
          a.message(),
          a.workflowId(),
          a.subscriptionId(),
          a.details(),
          Iso.of(a.createdAt()),
          Iso.of(a.acknowledgedAt()),
          a.acknowledgedByUserId());
    }
  }

  private final AlertRepository alerts;

  AlertEndpoints(AlertRepository alerts) {
    this.alerts = alerts;
  }

  Map<String, Endpoint> endpoints() {
    return Map.of("listAlerts", this::list, "acknowledgeAlert", this::acknowledge);
  }

  private Future<Answer> list(Call call) {
    var query = new Query(call);
    var page = query.page(100, 500);
    return alerts
        .list(call.organizationId(), open(query.text("status")), page)
        .map(rows -> {
          var body = new HashMap<String, Object>();
          body.put("alerts", rows.stream().map(AlertView::of).toList());
          body.put("nextCursor", Query.next(rows, page, a -> Cursor.after(a.createdAt(), a.id())));
          return Answer.ok(body);
        });
  }

  private static Boolean open(String status) {
    return switch (status) {
      case null -> null;
      case "open" -> Boolean.TRUE;
      case "acknowledged" -> Boolean.FALSE;
      default -> throw new InvalidMessage("status", "must be open or acknowledged");
    };
  }

  private Future<Answer> acknowledge(Call call) {
    var user = call.caller().userId();
    return WorkflowEndpoints.of(
            call, none(), id -> alerts.acknowledge(call.organizationId(), id, user), "alertId")
        .map(found ->
            Answer.ok(Map.of("alert", AlertView.of(found.orElseThrow(AlertEndpoints::none)))));
  }

  private static Problem none() {
    return new Problem(ErrorCode.NOT_FOUND, "no such alert");
  }
}
