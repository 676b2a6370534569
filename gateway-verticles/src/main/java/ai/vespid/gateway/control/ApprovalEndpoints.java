package ai.vespid.gateway.control;

import ai.vespid.gateway.control.Query.Cursor;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.RawJson;
import ai.vespid.sql.ApprovalRepository;
import ai.vespid.sql.ApprovalRepository.Approval;
import ai.vespid.sql.ApprovalRepository.Outcome;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.vertx.core.Future;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What people are asked before a node may run (contract 4.8). */
final class ApprovalEndpoints {
  private static final List<String> STATES = List.of("pending", "approved", "rejected", "expired");

  /** A request and what became of it. */
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record ApprovalView(
      String id,
      String organizationId,
      String workflowId,
      String runId,
      String nodeId,
      String nodeType,
      String requestKind,
      String status,
      String reason,
      RawJson context,
      String requestedByUserId,
      String decidedByUserId,
      String decisionNote,
      String expiresAt,
      String decidedAt,
      String createdAt,
      String updatedAt) {
    static ApprovalView of(Approval a) {
      return new ApprovalView(
          a.id(),
          a.organizationId(),
          a.workflowId(),
          a.runId(),
          a.nodeId(),
          a.nodeType(),
          a.requestKind(),
          a.status(),
          a.reason(),
          a.context(),
          a.requestedByUserId(),
          a.decidedByUserId(),
          a.decisionNote(),
          Iso.of(a.expiresAt()),
          Iso.of(a.decidedAt()),
          Iso.of(a.createdAt()),
          Iso.of(a.updatedAt()));
    }
  }

  private final ApprovalRepository approvals;
  private final RunStarter starter;

  ApprovalEndpoints(ApprovalRepository approvals, RunStarter starter) {
    this.approvals = approvals;
    this.starter = starter;
  }

  Map<String, Endpoint> endpoints() {
    return Map.of(
        "listApprovals", this::list,
        "approve", call -> decide(call, true),
        "reject", call -> decide(call, false));
  }

  private Future<Answer> list(Call call) {
    var query = new Query(call);
    var status = query.text("status");
    if (status != null && !STATES.contains(status)) {
      throw new InvalidMessage("status", "must be one of " + String.join(", ", STATES));
    }
    var page = query.page(100, 500);
    return approvals
        .list(call.organizationId(), status, page)
        .map(rows -> {
          var body = new HashMap<String, Object>();
          body.put("approvals", rows.stream().map(ApprovalView::of).toList());
          body.put("nextCursor", Query.next(rows, page, a -> Cursor.after(a.createdAt(), a.id())));
          return Answer.ok(body);
        });
  }

  private Future<Answer> decide(Call call, boolean approved) {
    var user = call.caller().userId();
    var note = call.text("note");
    return WorkflowEndpoints.of(
            call,
            none(),
            id ->
                approved
                    ? approvals.approve(call.organizationId(), id, user, note)
                    : approvals.reject(call.organizationId(), id, user, note),
            "approvalId")
        .map(outcome -> answer(outcome, approved));
  }

  private Answer answer(Outcome outcome, boolean approved) {
    return switch (outcome) {
      case Outcome.Decided(var approval, var resumed) -> {
        if (resumed) starter.wake(approval.organizationId(), approval.runId());
        var view = ApprovalView.of(approval);
        yield Answer.ok(
            approved ? Map.of("approval", view, "resumed", resumed) : Map.of("approval", view));
      }
      case Outcome.Unknown _ -> throw none();
      case Outcome.Final _ ->
          throw new Problem(ErrorCode.CONFLICT, "it was decided before, or has expired");
    };
  }

  private static Problem none() {
    return new Problem(ErrorCode.NOT_FOUND, "no such approval");
  }
}
