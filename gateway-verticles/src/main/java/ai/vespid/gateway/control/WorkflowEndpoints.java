package ai.vespid.gateway.control;

import ai.vespid.gateway.control.Query.Cursor;
import ai.vespid.kit.crypto.Tokens;
import ai.vespid.protocol.Check;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.workflow.Definition;
import ai.vespid.protocol.workflow.Trigger;
import ai.vespid.sql.Workflow;
import ai.vespid.sql.WorkflowRepository;
import ai.vespid.sql.WorkflowRepository.NewTrigger;
import ai.vespid.sql.WorkflowRepository.Outcome;
import io.vertx.core.Future;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;

/** Workflows and their revisions (contract 4.6). */
final class WorkflowEndpoints {
  /**
   * A body of ours, cut out of the bytes that came: what people wrote is kept as they wrote it. The
   * document has checked it before.
   */
  record Body(String name, RawJson dsl, RawJson editorState) {
    static Body of(Call call) {
      return Json.read(call.context().body().buffer().getBytes(), Body.class);
    }
  }

  private final WorkflowRepository workflows;

  WorkflowEndpoints(WorkflowRepository workflows) {
    this.workflows = workflows;
  }

  Map<String, Endpoint> endpoints() {
    return Map.of(
        "createWorkflow", this::create,
        "listWorkflows", this::list,
        "readWorkflow", this::read,
        "changeWorkflow", this::change,
        "publishWorkflow", this::publish,
        "draftWorkflow", this::draft,
        "listRevisions", this::revisions);
  }

  private Future<Answer> create(Call call) {
    var body = Body.of(call);
    checked(body.dsl());
    return workflows
        .create(call.organizationId(), body.name(), body.dsl(), call.caller().userId())
        .map(created -> Answer.created(answer(created)));
  }

  private static Definition checked(RawJson dsl) {
    try {
      return Definition.of(dsl);
    } catch (InvalidMessage e) {
      throw e.in("dsl");
    }
  }

  private static Map<String, Object> answer(Workflow workflow) {
    return Map.of("workflow", WorkflowView.of(workflow));
  }

  private Future<Answer> list(Call call) {
    var page = new Query(call).page(50, 200);
    return workflows
        .list(call.organizationId(), page)
        .map(rows -> {
          var body = new HashMap<String, Object>();
          body.put("workflows", rows.stream().map(WorkflowView::of).toList());
          body.put("nextCursor", Query.next(rows, page, w -> Cursor.after(w.createdAt(), w.id())));
          return Answer.ok(body);
        });
  }

  private Future<Answer> read(Call call) {
    return of(call, id -> workflows.find(call.organizationId(), id))
        .map(found -> Answer.ok(answer(found.orElseThrow(WorkflowEndpoints::none))));
  }

  private Future<Answer> revisions(Call call) {
    int limit = new Query(call).limit(50, 200);
    return of(call, id -> workflows.revisions(call.organizationId(), id, limit))
        .map(rows -> {
          if (rows.isEmpty()) throw none();
          return Answer.ok(Map.of("workflows", rows.stream().map(WorkflowView::of).toList()));
        });
  }

  private Future<Answer> change(Call call) {
    var body = Body.of(call);
    if (body.dsl() != null) checked(body.dsl());
    return of(
            call,
            id ->
                workflows.update(
                    call.organizationId(), id, body.name(), body.dsl(), body.editorState()))
        .map(outcome -> Answer.ok(answer(changed(outcome))));
  }

  private Future<Answer> publish(Call call) {
    return of(
            call,
            id ->
                workflows
                    .find(call.organizationId(), id)
                    .compose(found -> {
                      var draft = found.orElseThrow(WorkflowEndpoints::none);
                      var trigger = subscription(checked(draft.dsl()).trigger());
                      return workflows.publish(
                          call.organizationId(), id, call.caller().userId(), trigger);
                    }))
        .map(outcome -> Answer.ok(answer(changed(outcome))));
  }

  private static NewTrigger subscription(Trigger trigger) {
    return switch (trigger) {
      case Trigger.Manual _ -> null;
      case Trigger.Channel _ -> null;
      case Trigger.Cron(var cron) -> new NewTrigger("cron", cron, null, null, null, null);
      case Trigger.Heartbeat(var interval, var jitter, var skew) ->
          new NewTrigger("heartbeat", null, interval, jitter, skew, null);
      case Trigger.Webhook(var token) ->
          new NewTrigger("webhook", null, null, null, null, Tokens.hash(token));
    };
  }

  private Future<Answer> draft(Call call) {
    return of(call, id -> workflows.draft(call.organizationId(), id, call.caller().userId()))
        .map(outcome -> Answer.created(answer(changed(outcome))));
  }

  private static Workflow changed(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Changed(var workflow) -> workflow;
      case Outcome.Unknown _ -> throw none();
      case Outcome.Conflict(var reason) -> throw new Problem(ErrorCode.CONFLICT, reason);
    };
  }

  /** Acts on the workflow of the path; an id that is none names no workflow. */
  static <T> Future<T> of(Call call, Function<String, Future<T>> act) {
    return of(call, none(), act, "workflowId");
  }

  /** Acts on the first of these ids of the path when all of them are ids. */
  static <T> Future<T> of(
      Call call, Problem none, Function<String, Future<T>> act, String... parameters) {
    boolean ids = Arrays.stream(parameters).map(call::path).allMatch(Check::isUuid);
    return ids ? act.apply(call.path(parameters[0])) : Future.failedFuture(none);
  }

  static Problem none() {
    return new Problem(ErrorCode.NOT_FOUND, "no such workflow");
  }
}
