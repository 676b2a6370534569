package ai.vespid.gateway.control;

import ai.vespid.gateway.control.WorkflowView.RunView;
import ai.vespid.kit.crypto.Tokens;
import ai.vespid.protocol.Check;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.workflow.Trigger;
import ai.vespid.sql.OrganizationRepository;
import ai.vespid.sql.RunStartRepository.Start;
import ai.vespid.sql.TriggerRepository;
import ai.vespid.sql.TriggerRepository.Subscription;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.vertx.core.Future;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** What starts runs besides people (contract 4.6). */
final class TriggerEndpoints {
  private static final int IDEMPOTENCY_KEY_CHARS_MAX = 200;

  /** A subscription; the token of a webhook is not among it. */
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record SubscriptionView(
      String id,
      String organizationId,
      String workflowId,
      int workflowRevision,
      String requestedByUserId,
      String triggerType,
      boolean enabled,
      String cronExpr,
      Integer heartbeatIntervalSec,
      Integer heartbeatJitterSec,
      Integer heartbeatMaxSkewSec,
      String nextFireAt,
      String lastTriggeredAt,
      String lastTriggerKey,
      String lastError,
      int failureCount,
      String createdAt,
      String updatedAt) {
    static SubscriptionView of(Subscription s) {
      return new SubscriptionView(
          s.id(),
          s.organizationId(),
          s.workflowId(),
          s.workflowRevision(),
          s.requestedByUserId(),
          s.triggerType(),
          s.enabled(),
          s.cron(),
          s.intervalSec(),
          s.jitterSec(),
          s.maxSkewSec(),
          Iso.of(s.nextFireAt()),
          Iso.of(s.lastTriggeredAt()),
          s.lastTriggerKey(),
          s.lastError(),
          s.failureCount(),
          Iso.of(s.createdAt()),
          Iso.of(s.updatedAt()));
    }
  }

  /** What a channel hands over. */
  record ChannelBody(
      String organizationId, String workflowId, String requestedByUserId, RawJson payload) {
    ChannelBody {
      Check.uuid("organizationId", organizationId);
      Check.uuid("workflowId", workflowId);
      Check.uuid("requestedByUserId", requestedByUserId);
    }
  }

  private final TriggerRepository triggers;
  private final OrganizationRepository organizations;
  private final RunStarter starter;
  private final ControlSettings settings;
  private final RateLimits webhooks;

  TriggerEndpoints(
      TriggerRepository triggers,
      OrganizationRepository organizations,
      RunStarter starter,
      ControlSettings settings) {
    this.triggers = triggers;
    this.organizations = organizations;
    this.starter = starter;
    this.settings = settings;
    this.webhooks = new RateLimits(settings.webhooksPerMinute());
  }

  Map<String, Endpoint> endpoints() {
    return Map.of(
        "listTriggers", this::list,
        "switchTrigger", this::enable,
        "fireWebhook", this::webhook,
        "triggerChannelRun", this::channel);
  }

  private Future<Answer> list(Call call) {
    var query = new Query(call);
    return triggers
        .list(call.organizationId(), query.optionalUuid("workflowId"), query.limit(100, 500))
        .map(rows ->
            Answer.ok(Map.of("subscriptions", rows.stream().map(SubscriptionView::of).toList())));
  }

  private Future<Answer> enable(Call call) {
    boolean enabled = call.body().getBoolean("enabled");
    return WorkflowEndpoints.of(
            call,
            none(),
            id -> triggers.enable(call.organizationId(), id, enabled, call.caller().userId()),
            "subscriptionId")
        .map(found ->
            Answer.ok(
                Map.of(
                    "subscription",
                    SubscriptionView.of(found.orElseThrow(TriggerEndpoints::none)))));
  }

  private Future<Answer> webhook(Call call) {
    webhooks.attempt(ClientAddress.of(call, settings));
    var token = call.path("token");
    if (token.length() < Trigger.Webhook.TOKEN_LENGTH_MIN
        || token.length() > Trigger.Webhook.TOKEN_LENGTH_MAX) {
      return Future.failedFuture(none());
    }
    var input = input(call);
    return triggers
        .byWebhook(Tokens.hash(token))
        .compose(found -> {
          var subscription = found.orElseThrow(TriggerEndpoints::none);
          return starter.start(
              new Start(
                  subscription.organizationId(),
                  subscription.workflowId(),
                  "webhook",
                  "webhook:" + subscription.id() + ":" + idempotencyKey(call),
                  "webhook.token",
                  subscription.requestedByUserId(),
                  input));
        })
        .map(run ->
            Answer.accepted(
                run.isPresent()
                    ? Map.of("accepted", true, "runId", run.get().id())
                    : Map.of("accepted", true, "duplicate", true)));
  }

  private static RawJson input(Call call) {
    var sent = call.context().body();
    return sent.isEmpty() ? null : Json.read(sent.buffer().getBytes(), RawJson.class);
  }

  private static String idempotencyKey(Call call) {
    return Optional.ofNullable(call.header("x-idempotency-key"))
        .or(() -> Optional.ofNullable(call.header("x-trigger-id")))
        .map(key -> key.substring(0, Math.min(key.length(), IDEMPOTENCY_KEY_CHARS_MAX)))
        .orElseGet(() -> UUID.randomUUID().toString());
  }

  private Future<Answer> channel(Call call) {
    var body = Json.read(call.context().body().buffer().getBytes(), ChannelBody.class);
    return organizations
        .role(body.organizationId(), body.requestedByUserId())
        .compose(role -> {
          if (role.isEmpty()) {
            throw new Problem(ErrorCode.BAD_REQUEST, "requestedByUserId: must be a member");
          }
          return starter.start(
              new Start(
                  body.organizationId(),
                  body.workflowId(),
                  "channel",
                  null,
                  "channel.internal",
                  body.requestedByUserId(),
                  body.payload()));
        })
        .map(run -> Answer.created(Map.of("run", RunView.of(run.orElseThrow()))));
  }

  private static Problem none() {
    return new Problem(ErrorCode.TRIGGER_NOT_FOUND, "no such trigger");
  }
}
