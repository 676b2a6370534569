package ai.vespid.gateway.control;

import ai.vespid.gateway.control.Query.Cursor;
import ai.vespid.gateway.control.WorkflowView.EventView;
import ai.vespid.gateway.control.WorkflowView.RunView;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import ai.vespid.sql.Run;
import ai.vespid.sql.RunCancelRepository;
import ai.vespid.sql.RunStartRepository.Start;
import ai.vespid.sql.RunViewRepository;
import ai.vespid.sql.WorkflowRepository;
import io.vertx.core.Future;
import java.util.HashMap;
import java.util.Map;

/** Runs and their events (contract 4.6). */
final class RunEndpoints {
  /** What a run is started with. */
  record Body(RawJson input) {
    static Body of(Call call) {
      var sent = call.context().body();
      return sent.isEmpty() ? new Body(null) : Json.read(sent.buffer().getBytes(), Body.class);
    }
  }

  private final RunStarter starter;
  private final WorkflowRepository workflows;
  private final RunViewRepository runs;
  private final RunCancelRepository cancels;

  RunEndpoints(
      RunStarter starter,
      WorkflowRepository workflows,
      RunViewRepository runs,
      RunCancelRepository cancels) {
    this.starter = starter;
    this.workflows = workflows;
    this.runs = runs;
    this.cancels = cancels;
  }

  Map<String, Endpoint> endpoints() {
    return Map.of(
        "startRun", this::start,
        "listRuns", this::list,
        "readRun", this::read,
        "cancelRun", this::cancel,
        "listRunEvents", this::events);
  }

  private Future<Answer> start(Call call) {
    var input = Body.of(call).input();
    return WorkflowEndpoints.of(
            call,
            id ->
                starter.start(
                    new Start(
                        call.organizationId(),
                        id,
                        "manual",
                        null,
                        "api.manual",
                        call.caller().userId(),
                        input)))
        .map(run -> Answer.created(Map.of("run", RunView.of(run.orElseThrow()))));
  }

  private Future<Answer> list(Call call) {
    var page = new Query(call).page(50, 200);
    var organization = call.organizationId();
    return WorkflowEndpoints.of(
            call,
            id ->
                workflows
                    .find(organization, id)
                    .compose(found -> {
                      found.orElseThrow(WorkflowEndpoints::none);
                      return runs.list(organization, id, page);
                    }))
        .map(rows -> {
          var body = new HashMap<String, Object>();
          body.put("runs", rows.stream().map(RunView::of).toList());
          body.put("nextCursor", Query.next(rows, page, r -> Cursor.after(r.createdAt(), r.id())));
          return Answer.ok(body);
        });
  }

  private Future<Answer> read(Call call) {
    return find(call).map(run -> Answer.ok(Map.of("run", RunView.of(run))));
  }

  // Accepted, not done: its runner ends it. Asking again changes nothing.
  private Future<Answer> cancel(Call call) {
    return find(call)
        .compose(run -> {
          if (run.status().terminal()) throw new Problem(ErrorCode.CONFLICT, "the run is over");
          return cancels.cancel(
              call.organizationId(), run.workflowId(), run.id(), call.caller().userId());
        })
        .compose(_ -> find(call))
        .map(run -> {
          starter.canceled(run.organizationId(), run.id());
          return Answer.accepted(Map.of("run", RunView.of(run)));
        });
  }

  private Future<Run> find(Call call) {
    return WorkflowEndpoints.of(
            call,
            none(),
            id -> runs.find(call.organizationId(), id, call.path("runId")),
            "workflowId",
            "runId")
        .map(found -> found.orElseThrow(RunEndpoints::none));
  }

  private Future<Answer> events(Call call) {
    var query = new Query(call);
    int limit = query.limit(200, 500);
    long after = query.afterSeq();
    return find(call)
        .compose(run -> runs.events(call.organizationId(), run.id(), after, limit))
        .map(rows -> {
          var body = new HashMap<String, Object>();
          body.put("events", rows.stream().map(EventView::of).toList());
          // Also behind the last one there is: more may come, and it is how a run is followed.
          body.put(
              "nextCursor", rows.isEmpty() ? null : Cursor.afterEvent(rows.getLast().seq()).text());
          return Answer.ok(body);
        });
  }

  private static Problem none() {
    return new Problem(ErrorCode.NOT_FOUND, "no such run");
  }
}
