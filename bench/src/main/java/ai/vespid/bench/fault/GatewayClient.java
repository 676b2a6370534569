package ai.vespid.bench.fault;

import ai.vespid.bench.fault.Requests.Reply;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;

/** Asks one gateway at a time and says what its answer means. Blocks. */
public final class GatewayClient {
  private static final String DISPATCH = "/internal/v1/dispatch";
  // Each takes a connection of this process, which may have some ten thousand open files.
  private static final int READS_MAX = 2_000;

  private final Semaphore reads = new Semaphore(READS_MAX);
  private final Requests requests;
  private final String token;

  /** What an answer means. */
  sealed interface Answer {
    /** The terminal result. */
    record Result(Outcome outcome) implements Answer {}

    /** It is safe, and its result is to be read later. */
    record Accepted() implements Answer {}

    record NotReady() implements Answer {}

    /** Nothing happened, or nobody knows what happened: ask again. */
    record Passing(String cause) implements Answer {
      boolean nobodyThere() {
        return cause.equals("503 NO_AGENT_AVAILABLE");
      }
    }

    /** What no gateway may answer to this. */
    record Wrong(String answer) implements Answer {}
  }

  GatewayClient(Requests requests, String token) {
    this.requests = requests;
    this.token = token;
  }

  Answer dispatch(GatewayProcess gateway, byte[] body, Duration max) {
    return judge(post(gateway, DISPATCH, body, max));
  }

  Answer dispatchAsync(GatewayProcess gateway, byte[] body, Duration max) {
    var reply = post(gateway, DISPATCH + "-async", body, max);
    boolean accepted = reply.status() == 201 || reply.status() == 200;
    return accepted ? new Answer.Accepted() : judge(reply);
  }

  Answer read(GatewayProcess gateway, String id, Duration max) {
    reads.acquireUninterruptibly();
    try {
      // The colons of an id are written as a URL wants them.
      return judge(get(gateway, "/internal/v1/results/" + id.replace(":", "%3A"), max));
    } finally {
      reads.release();
    }
  }

  /** The sum of a counter or gauge over its labels. */
  public double metric(GatewayProcess gateway, String name) {
    var reply = get(gateway, "/internal/v1/metrics", Duration.ofSeconds(5));
    if (reply.status() != 200) throw new IllegalStateException("metrics: " + reply.cause());
    return new String(reply.body(), StandardCharsets.UTF_8)
        .lines()
        .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  /** Whether each of them sees that all of them serve. */
  boolean formed(List<GatewayProcess> gateways) {
    return gateways.stream().allMatch(one -> serving(one) == gateways.size());
  }

  private long serving(GatewayProcess gateway) {
    var reply = get(gateway, "/internal/v1/nodes", Duration.ofSeconds(5));
    if (reply.status() != 200) return 0;
    var nodes = Json.read(reply.body(), JsonNode.class).path("nodes");
    return nodes.valueStream().filter(one -> one.path("state").asText().equals("SERVING")).count();
  }

  /** The executors a gateway knows, each with the gateway it is connected to, in order. */
  List<String> routes(GatewayProcess gateway, String organizationId) {
    var path = "/internal/v1/executors/routes?organizationId=" + organizationId;
    var reply = get(gateway, path, Duration.ofSeconds(5));
    if (reply.status() != 200) return List.of(gateway.name() + " does not tell");
    var routes = new ArrayList<String>();
    for (var route : Json.read(reply.body(), JsonNode.class).path("routes")) {
      routes.add(route.path("executorId").asText() + "@" + route.path("edgeId").asText());
    }
    routes.sort(null);
    return routes;
  }

  private Reply get(GatewayProcess gateway, String path, Duration max) {
    return requests.get(gateway.port(), path, token, max);
  }

  private Reply post(GatewayProcess gateway, String path, byte[] body, Duration max) {
    return requests.post(gateway.port(), path, token, body, max);
  }

  private static Answer judge(Reply reply) {
    if (reply.status() == 0) return new Answer.Passing(reply.cause());
    try {
      var body = Json.read(reply.body(), JsonNode.class);
      if (reply.status() == 200) return result(body);
      var code = reply.status() + " " + body.path("code").asText();
      if (code.equals("404 RESULT_NOT_READY")) return new Answer.NotReady();
      return switch (reply.status()) {
        case 502, 503, 504 -> new Answer.Passing(code);
        default -> new Answer.Wrong(code);
      };
    } catch (InvalidMessage e) {
      return new Answer.Wrong(reply.status() + " with a body that is no JSON");
    }
  }

  private static Answer result(JsonNode body) {
    if (body.path("status").asText().equals("failed")) {
      return new Answer.Result(Outcome.failed(body.path("error").asText()));
    }
    var output = body.path("output");
    if (!body.path("status").asText().equals("succeeded") || !output.has("execution")) {
      return new Answer.Wrong("200 with " + body);
    }
    return new Answer.Result(
        Outcome.succeeded(
            output.path("number").asLong(-1),
            output.path("execution").asText(),
            output.path("epoch").asInt()));
  }
}
