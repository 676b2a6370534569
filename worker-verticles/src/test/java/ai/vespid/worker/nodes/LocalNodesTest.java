package ai.vespid.worker.nodes;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.ResultStatus;
import ai.vespid.protocol.workflow.Definition;
import ai.vespid.protocol.workflow.Node;
import ai.vespid.worker.Service;
import ai.vespid.worker.outbound.Outbound;
import ai.vespid.worker.outbound.OutboundRules;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.net.InetAddress;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class LocalNodesTest {
  private static final String SECRET_ID = "11111111-1111-4111-8111-111111111111";
  private static final String KEY = "run:n1:1";

  private final Vertx vertx = Vertx.vertx();
  private Service service;
  private LocalNodes nodes;

  @BeforeEach
  void start() {
    service = new Service(vertx);
    var rules = OutboundRules.of(null, true);
    var outbound =
        new Outbound(vertx, rules, InetAddress::getAllByName, InstantSource.system(), 10_000);
    nodes = new LocalNodes(outbound, Map.of("github", service.url(), "slack", service.url()));
  }

  @AfterEach
  void stop() {
    vertx.close().await();
  }

  private static Node node(String type, JsonObject config) {
    var node = new JsonObject().put("id", "n1").put("type", type).put("config", config);
    var dsl =
        new JsonObject()
            .put("version", "v2")
            .put("trigger", new JsonObject().put("type", "trigger.manual"))
            .put("nodes", new io.vertx.core.json.JsonArray().add(node));
    return Definition.of(RawJson.of(dsl.encode())).node("n1");
  }

  private DispatchResult request(JsonObject config) {
    return nodes.execute(new NodeCall(node("http.request", config), null, KEY, 5_000)).await();
  }

  private DispatchResult act(String connector, String action, JsonObject input, String secret) {
    var config =
        new JsonObject()
            .put("connectorId", connector)
            .put("actionId", action)
            .put("input", input)
            .put("auth", new JsonObject().put("secretId", SECRET_ID));
    var call = new NodeCall(node("connector.action", config), secret, KEY, 5_000);
    return nodes.execute(call).await();
  }

  private static JsonObject output(DispatchResult result) {
    assertThat(result.error()).isNull();
    assertThat(result.status()).isEqualTo(ResultStatus.SUCCEEDED);
    return new JsonObject(result.output().text());
  }

  @Test
  void anHttpRequestIsReallySent() {
    service.answers(200, "{\"a\":1}");

    var output =
        output(
            request(
                new JsonObject()
                    .put("method", "POST")
                    .put("url", service.url() + "/x")
                    .put("headers", new JsonObject().put("X-Mine", "v"))
                    .put("body", new JsonObject().put("b", 2))));

    assertThat(output.getInteger("status")).isEqualTo(200);
    assertThat(output.getJsonObject("body")).isEqualTo(new JsonObject().put("a", 1));
    var seen = service.seen().getFirst();
    assertThat(seen).hasToString("POST /x {\"b\":2}");
    assertThat(seen.header("x-mine")).isEqualTo("v");
    assertThat(seen.header("idempotency-key")).isEqualTo(KEY);
    assertThat(seen.header("content-type")).isEqualTo("application/json");
  }

  @Test
  void aRefusalIsAFailureThatKeepsTheAnswer() {
    service.answers(422, "{\"why\":\"because\"}");

    var result = request(new JsonObject().put("url", service.url()));

    assertThat(result.error()).isEqualTo("HTTP_REQUEST_FAILED:422");
    assertThat(result.output().text()).contains("because");
  }

  @Test
  void headersThatWouldMakeTwoRequestsOfOneAreRefused() {
    for (var name : new String[] {"Host", "Content-Length", "Transfer-Encoding", "a b", ""}) {
      var headers = new JsonObject().put(name, "1");
      var result = request(new JsonObject().put("url", service.url()).put("headers", headers));
      assertThat(result.error()).as(name).isEqualTo("INVALID_NODE_CONFIG");
    }
    var headers = new JsonObject().put("x", "a\r\nb: c");
    var result = request(new JsonObject().put("url", service.url()).put("headers", headers));
    assertThat(result.error()).isEqualTo("INVALID_NODE_CONFIG");
    assertThat(request(new JsonObject()).error()).isEqualTo("INVALID_NODE_CONFIG");
    assertThat(service.seen()).isEmpty();
  }

  @Test
  void opensAnIssueOnGithub() {
    service.answers(201, "{\"number\":7,\"html_url\":\"https://x/7\"}");
    var input = new JsonObject().put("repo", "a/b").put("title", "T");

    assertThat(output(act("github", "issue.create", input, "s3")).encode())
        .isEqualTo("{\"issueNumber\":7,\"url\":\"https://x/7\"}");
    assertThat(service.seen().getFirst()).hasToString("POST /repos/a/b/issues {\"title\":\"T\"}");
    assertThat(service.seen().getFirst().header("authorization")).isEqualTo("Bearer s3");
    assertThat(service.seen().getFirst().header("user-agent")).isEqualTo("vespid-worker");
  }

  @Test
  void whatIsWrongWithAnActionIsSaidByItsCode() {
    var input = new JsonObject().put("repo", "a/b").put("title", "T");

    assertThat(act("github", "issue.create", input, null).error()).isEqualTo("SECRET_REQUIRED");
    assertThat(act("github", "issue.create", new JsonObject(), "s").error())
        .isEqualTo("INVALID_ACTION_INPUT");
    assertThat(act("github", "issue.create", input.copy().put("repo", "../x"), "s").error())
        .isEqualTo("INVALID_REPO");
    assertThat(act("github", "issue.close", input, "s").error())
        .isEqualTo("ACTION_NOT_SUPPORTED:github:issue.close");
    service.answers(403, "{}");
    assertThat(act("github", "issue.create", input, "s").error())
        .isEqualTo("GITHUB_REQUEST_FAILED:403");
    service.answers(201, "{}");
    assertThat(act("github", "issue.create", input, "s").error())
        .isEqualTo("GITHUB_RESPONSE_INVALID");
    assertThat(act("github", "issue.create", input, "no\nheader").error())
        .startsWith("GITHUB_REQUEST_FAILED");
  }

  @Test
  void writesAMessageToSlackAndBelievesWhatTheAnswerSaysInside() {
    var input = new JsonObject().put("channel", "C1").put("text", "hi").put("threadTs", "1.2");
    service.answers(200, "{\"ok\":true,\"channel\":\"C1\",\"ts\":\"3.4\"}");

    assertThat(output(act("slack", "message.post", input, "xoxb")).encode())
        .isEqualTo("{\"channel\":\"C1\",\"ts\":\"3.4\"}");
    assertThat(service.seen().getFirst())
        .hasToString(
            "POST /chat.postMessage {\"channel\":\"C1\",\"text\":\"hi\",\"thread_ts\":\"1.2\"}");

    service.answers(200, "{\"ok\":false,\"error\":\"channel_not_found\"}");
    assertThat(act("slack", "message.post", input, "xoxb").error())
        .isEqualTo("SLACK_REQUEST_FAILED:channel_not_found");
  }

  @Test
  void theHttpConnectorSendsTheSecretAndIsJudgedLikeARequest() {
    service.answers(200, "[1]");
    var input = new JsonObject().put("url", service.url() + "/y").put("method", "PUT");

    assertThat(output(act("http", "request", input, "tok")).getJsonArray("body")).hasSize(1);
    assertThat(service.seen().getFirst().header("authorization")).isEqualTo("Bearer tok");
    assertThat(act("http", "request", new JsonObject().put("url", "file:///etc"), "s").error())
        .isEqualTo("INVALID_ACTION_INPUT");
  }

  @Test
  void anAgentsTaskIsNeverAPretendedSuccessInTheWorker() {
    var config =
        new JsonObject()
            .put("execution", new JsonObject().put("mode", "cloud"))
            .put("task", new JsonObject().put("type", "shell").put("script", "true"));
    var call = new NodeCall(node("agent.execute", config), null, KEY, 5_000);

    assertThat(nodes.execute(call).await().error()).isEqualTo("INVALID_NODE_CONFIG");
  }
}
