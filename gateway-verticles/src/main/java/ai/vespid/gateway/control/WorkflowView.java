package ai.vespid.gateway.control;

import ai.vespid.protocol.RawJson;
import ai.vespid.sql.Run;
import ai.vespid.sql.RunEvent;
import ai.vespid.sql.Workflow;
import com.fasterxml.jackson.annotation.JsonInclude;

/** A workflow as the contract writes it (4.6); what is not there is null. */
@JsonInclude(JsonInclude.Include.ALWAYS)
record WorkflowView(
    String id,
    String organizationId,
    String familyId,
    int revision,
    String sourceWorkflowId,
    String name,
    String status,
    int version,
    RawJson dsl,
    RawJson editorState,
    String createdByUserId,
    String publishedAt,
    String createdAt,
    String updatedAt) {
  static WorkflowView of(Workflow w) {
    return new WorkflowView(
        w.id(),
        w.organizationId(),
        w.familyId(),
        w.revision(),
        w.sourceWorkflowId(),
        w.name(),
        w.status(),
        w.version(),
        w.dsl(),
        w.editorState(),
        w.createdByUserId(),
        Iso.of(w.publishedAt()),
        Iso.of(w.createdAt()),
        Iso.of(w.updatedAt()));
  }

  /** A run; where it waits is not told. */
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record RunView(
      String id,
      String organizationId,
      String workflowId,
      String triggerType,
      String triggerKey,
      String triggeredAt,
      String triggerSource,
      String status,
      int attemptCount,
      int maxAttempts,
      String nextAttemptAt,
      String requestedByUserId,
      RawJson input,
      RawJson output,
      String error,
      String createdAt,
      String startedAt,
      String finishedAt) {
    static RunView of(Run r) {
      return new RunView(
          r.id(),
          r.organizationId(),
          r.workflowId(),
          r.triggerType(),
          r.triggerKey(),
          Iso.of(r.triggeredAt()),
          r.triggerSource(),
          r.status().text(),
          r.attemptCount(),
          r.maxAttempts(),
          Iso.of(r.nextAttemptAt()),
          r.requestedByUserId(),
          r.input(),
          r.output(),
          r.error(),
          Iso.of(r.createdAt()),
          Iso.of(r.startedAt()),
          Iso.of(r.finishedAt()));
    }
  }

  /** An event; {@code seq} is ours and has no gaps. */
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record EventView(
      String id,
      long seq,
      String organizationId,
      String workflowId,
      String runId,
      int attemptCount,
      String eventType,
      String nodeId,
      String nodeType,
      String level,
      String message,
      RawJson payload,
      String createdAt) {
    static EventView of(RunEvent e) {
      return new EventView(
          e.id(),
          e.seq(),
          e.organizationId(),
          e.workflowId(),
          e.runId(),
          e.attemptCount(),
          e.eventType(),
          e.nodeId(),
          e.nodeType(),
          e.level().text(),
          e.message(),
          e.payload(),
          Iso.of(e.createdAt()));
    }
  }
}
