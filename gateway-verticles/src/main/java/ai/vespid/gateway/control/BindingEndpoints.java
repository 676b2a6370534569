package ai.vespid.gateway.control;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import ai.vespid.sql.BindingRepository;
import ai.vespid.sql.BindingRepository.Binding;
import ai.vespid.sql.BindingRepository.Fields;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.vertx.core.Future;
import java.util.Map;

/** Which agent's sessions a conversation belongs to (contract 4.8). */
final class BindingEndpoints {
  private static final int PRIORITY_MAX = 1_000;

  /** A binding as answers show it. */
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record BindingView(
      String id,
      String organizationId,
      String agentId,
      int priority,
      String dimension,
      RawJson match,
      RawJson metadata,
      String createdByUserId,
      String createdAt,
      String updatedAt) {
    static BindingView of(Binding b) {
      return new BindingView(
          b.id(),
          b.organizationId(),
          b.agentId(),
          b.priority(),
          b.dimension(),
          b.match(),
          b.metadata(),
          b.createdByUserId(),
          Iso.of(b.createdAt()),
          Iso.of(b.updatedAt()));
    }
  }

  /** What is sent; all of it is optional in a change. */
  record Body(
      String agentId,
      Integer priority,
      String dimension,
      Map<String, Object> match,
      Map<String, Object> metadata) {
    Body {
      Check.optionalUuid("agentId", agentId);
      Check.optionalRange("priority", priority, -PRIORITY_MAX, PRIORITY_MAX);
      if (dimension != null && !SessionRouting.DIMENSIONS.contains(dimension)) {
        throw new InvalidMessage(
            "dimension", "must be one of " + String.join(", ", SessionRouting.DIMENSIONS));
      }
    }

    static Body of(Call call) {
      return Json.read(call.context().body().buffer().getBytes(), Body.class);
    }

    Fields fields() {
      return new Fields(agentId, priority, dimension, json(match), json(metadata));
    }

    private static RawJson json(Map<String, Object> value) {
      return value == null ? null : RawJson.from(value);
    }
  }

  private final BindingRepository bindings;

  BindingEndpoints(BindingRepository bindings) {
    this.bindings = bindings;
  }

  Map<String, Endpoint> endpoints() {
    return Map.of(
        "listBindings", this::list,
        "createBinding", this::create,
        "changeBinding", this::change,
        "deleteBinding", this::delete);
  }

  private Future<Answer> list(Call call) {
    return bindings
        .list(call.organizationId())
        .map(rows -> Answer.ok(Map.of("bindings", rows.stream().map(BindingView::of).toList())));
  }

  private Future<Answer> create(Call call) {
    var body = Body.of(call);
    var fields =
        new Fields(
            Check.required("agentId", body.agentId()),
            body.priority() == null ? 0 : body.priority(),
            Check.required("dimension", body.dimension()),
            body.match() == null ? RawJson.of("{}") : RawJson.from(body.match()),
            body.fields().metadata());
    return bindings
        .list(call.organizationId())
        .compose(all -> {
          if (all.size() >= BindingRepository.MAX) {
            throw new Problem(
                ErrorCode.CONFLICT, "an organization may have " + all.size() + " bindings");
          }
          return bindings.create(call.organizationId(), fields, call.caller().userId());
        })
        .map(made -> Answer.created(Map.of("binding", BindingView.of(made))));
  }

  private Future<Answer> change(Call call) {
    var fields = Body.of(call).fields();
    return WorkflowEndpoints.of(
            call, none(), id -> bindings.change(call.organizationId(), id, fields), "bindingId")
        .map(changed ->
            Answer.ok(
                Map.of("binding", BindingView.of(changed.orElseThrow(BindingEndpoints::none)))));
  }

  private Future<Answer> delete(Call call) {
    return WorkflowEndpoints.of(
            call, none(), id -> bindings.delete(call.organizationId(), id), "bindingId")
        .map(found -> {
          if (!found) throw none();
          return Answer.DONE;
        });
  }

  private static Problem none() {
    return new Problem(ErrorCode.BINDING_NOT_FOUND, "no such binding");
  }
}
