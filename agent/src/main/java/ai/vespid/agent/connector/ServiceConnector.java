package ai.vespid.agent.connector;

import static java.util.stream.Collectors.toUnmodifiableMap;

import ai.vespid.agent.trust.Outward;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.connector.Action;
import ai.vespid.protocol.connector.ActionFailed;
import ai.vespid.protocol.connector.Actions;
import ai.vespid.protocol.connector.HttpCall;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;

/** The actions of one service, carried out from where the agent is: private networks included. */
public final class ServiceConnector implements Connector {
  private static final int RESPONSE_BYTES_MAX = 1 << 20;

  private final String id;
  private final Map<String, Action> actions;
  private final String baseUrl;
  private final Outward outward;

  /**
   * @param baseUrl where the service is; null means its usual address
   */
  public ServiceConnector(String id, String baseUrl, Outward outward) {
    this.id = id;
    this.baseUrl = baseUrl;
    this.outward = outward;
    actions =
        Actions.ALL.stream()
            .filter(action -> action.connectorId().equals(id))
            .collect(toUnmodifiableMap(Action::actionId, action -> action));
  }

  /** One for each service there is an action for, by its id. */
  public static Map<String, Connector> all(String githubBaseUrl, Outward outward) {
    return Actions.ALL.stream()
        .map(Action::connectorId)
        .distinct()
        .map(id -> new ServiceConnector(id, id.equals("github") ? githubBaseUrl : null, outward))
        .collect(toUnmodifiableMap(ServiceConnector::id, connector -> connector));
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public Set<String> actions() {
    return actions.keySet();
  }

  @Override
  public RawJson run(ActionCall call) throws ActionFailed {
    var action = actions.get(call.actionId());
    if (action == null) {
      throw new ActionFailed(ErrorCode.ACTION_NOT_SUPPORTED.with(id + ':' + call.actionId()));
    }
    var order =
        new Action.Order(call.input(), call.secret(), baseUrl(action, call), call.idempotencyKey());
    var answer = send(action, request(action, action.call(order), call.timeoutMs()), call);
    return action.output(answer);
  }

  private String baseUrl(Action action, ActionCall call) {
    // Only the address of GitHub can be named by a call (contract 7.2).
    if (call.baseUrl() != null && id.equals("github")) return call.baseUrl();
    return baseUrl == null ? action.usualBaseUrl() : baseUrl;
  }

  private static HttpRequest request(Action action, HttpCall call, long timeoutMs)
      throws ActionFailed {
    try {
      var request =
          HttpRequest.newBuilder(URI.create(call.url()))
              .timeout(Duration.ofMillis(Math.max(1, timeoutMs)))
              .method(call.method(), HttpRequest.BodyPublishers.ofByteArray(call.body()))
              .header("user-agent", "vespid-agent");
      call.headers().forEach(request::setHeader);
      return request.build();
    } catch (IllegalArgumentException e) {
      // A bad address, or a secret that no header can carry; the message would repeat it.
      throw action.unanswered("unsendable");
    }
  }

  private HttpCall.Answer send(Action action, HttpRequest request, ActionCall call)
      throws ActionFailed {
    var head = new AtomicReference<HttpResponse.ResponseInfo>();
    CompletableFuture<HttpResponse<byte[]>> sent =
        outward
            .client()
            .sendAsync(
                request,
                info -> {
                  head.set(info);
                  return HttpResponse.BodySubscribers.limiting(
                      HttpResponse.BodySubscribers.ofByteArray(), RESPONSE_BYTES_MAX);
                });
    try {
      // The request's own timeout ends with the headers; this one covers the body too.
      return answer(head, sent.get(call.timeoutMs(), TimeUnit.MILLISECONDS).body());
    } catch (TimeoutException e) {
      throw action.unanswered("timeout");
    } catch (ExecutionException e) {
      // An answer that broke off or grew too large still had a status.
      if (head.get() == null) throw action.unanswered("unreachable");
      return answer(head, new byte[0]);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw action.unanswered("interrupted");
    } finally {
      sent.cancel(true);
    }
  }

  private static HttpCall.Answer answer(
      AtomicReference<HttpResponse.ResponseInfo> head, byte[] body) {
    var headers = new HashMap<String, String>();
    head.get().headers().map().forEach((name, values) -> headers.put(name, values.getFirst()));
    return new HttpCall.Answer(head.get().statusCode(), headers, body);
  }
}
