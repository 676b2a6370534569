package ai.vespid.gateway.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.openapi.contract.OpenAPIContract;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the document promises, the routes keep. */
final class ControlContractTest {
  private static ControlServer server;
  private static ControlServer.Person owner;

  @BeforeAll
  static void start() {
    server = ControlServer.start();
    owner = server.person();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  /** Every operation: method and path with its parameters filled in. */
  static Stream<Arguments> operations() {
    var paths = ControlVerticle.document().getJsonObject("paths");
    return paths.fieldNames().stream()
        .flatMap(path ->
            paths.getJsonObject(path).fieldNames().stream()
                .filter(method -> !method.equals("parameters"))
                .map(method -> Arguments.of(method.toUpperCase(Locale.ROOT), path)));
  }

  static Stream<Arguments> operationsWithBody() {
    return operations().filter(operation -> operation(operation).containsKey("requestBody"));
  }

  private static JsonObject operation(Arguments operation) {
    var method = operation.get()[0].toString().toLowerCase(Locale.ROOT);
    return ControlVerticle.document()
        .getJsonObject("paths")
        .getJsonObject(operation.get()[1].toString())
        .getJsonObject(method);
  }

  private static ControlServer.Request call(String method, String path) {
    var filled =
        path.replace("{orgId}", owner.organizationId)
            .replaceAll("\\{\\w+Id}", "7b0e7e0e-4f4e-4c4e-8c4e-0123456789ab")
            .replace("{provider}", "google")
            .replace("{token}", owner.organizationId + ".x");
    return owner
        .request(method, filled)
        .header("X-Org-Id", owner.organizationId)
        .header("X-Service-Token", ControlServer.SERVICE_TOKEN);
  }

  @ParameterizedTest
  @MethodSource("operations")
  void servesEveryOperationOfTheDocument(String method, String path) {
    // A body of the wrong type, so that nothing is changed; what needs none may do its work.
    var request = call(method, path);
    var reply =
        (path.endsWith("logout-all") || path.endsWith("logout"))
            ? server.request(method, path).send()
            : request.body("[]").send();

    // "not found" is the router's own word; an endpoint names what it did not find.
    assertThat(reply.json().getString("message")).as(reply.toString()).isNotEqualTo("not found");
    assertThat(reply.status()).as(reply.toString()).isNotIn(405, 500, 501);
  }

  @ParameterizedTest
  @MethodSource("operationsWithBody")
  void refusesABodyThatBreaksTheSchema(String method, String path) {
    for (var broken : new String[] {"[]", "\"x\"", "1", "null", "{", "{\"a\":", "{} {}"}) {
      var reply = call(method, path).body(broken).send();

      assertThat(reply.status()).as("%s %s %s: %s", method, path, broken, reply).isEqualTo(400);
      assertThat(reply.code()).isEqualTo("BAD_REQUEST");
    }
  }

  static Stream<Arguments> brokenFields() {
    var labels = new JsonArray().add("");
    return Stream.of(
        Arguments.of("POST", "/v1/auth/signup", "{\"password\":\"12345678\"}", "email"),
        Arguments.of("POST", "/v1/auth/signup", "{\"email\":\"a@b.c\"}", "password"),
        Arguments.of(
            "POST", "/v1/auth/signup", "{\"email\":\"a@b.c\",\"password\":\"short\"}", "password"),
        Arguments.of(
            "POST", "/v1/auth/signup", "{\"email\":\"nobody\",\"password\":\"12345678\"}", "email"),
        Arguments.of(
            "POST",
            "/v1/auth/signup",
            "{\"email\":\"a@b.c\",\"password\":\"12345678\",\"displayName\":null}",
            "displayName"),
        Arguments.of("POST", "/v1/auth/login", "{\"email\":5,\"password\":\"x\"}", "email"),
        Arguments.of("POST", "/v1/orgs", "{\"name\":\"Name\",\"slug\":\"Not A Slug\"}", "slug"),
        Arguments.of(
            "POST", "/v1/agents/pair", "{\"pairingToken\":\"x\",\"name\":\"n\"}", "agentVersion"),
        Arguments.of("PUT", "/v1/orgs/{orgId}/agents/{executorId}/tags", "{}", "tags"),
        Arguments.of(
            "PUT", "/v1/orgs/{orgId}/agents/{executorId}/tags", "{\"tags\":\"x\"}", "tags"),
        Arguments.of(
            "PUT",
            "/v1/orgs/{orgId}/executors/{executorId}/labels",
            new JsonObject().put("labels", labels).encode(),
            "labels.0"),
        Arguments.of(
            "POST", "/internal/v1/managed-executors/issue", "{\"maxInFlight\":201}", "maxInFlight"),
        Arguments.of(
            "POST", "/internal/v1/managed-executors/issue", "{\"maxInFlight\":1.5}", "maxInFlight"),
        Arguments.of(
            "PUT",
            "/v1/orgs/{orgId}/settings",
            "{\"tools\":{\"shellRunEnabled\":\"yes\"}}",
            "tools.shellRunEnabled"));
  }

  @ParameterizedTest
  @MethodSource("brokenFields")
  void namesTheFieldThatIsWrong(String method, String path, String body, String field) {
    var reply = call(method, path).body(body).send();

    assertThat(reply.status()).as(reply.toString()).isEqualTo(400);
    assertThat(reply.code()).isEqualTo("BAD_REQUEST");
    assertThat(reply.json().getString("message")).startsWith(field + ": ");
    assertThat(reply.json().getJsonObject("details").getJsonObject("fieldErrors").fieldNames())
        .contains(field);
  }

  @Test
  void refusesUnknownSettingsBecauseTheyAreStrict() {
    var reply = call("PUT", "/v1/orgs/{orgId}/settings").body("{\"execution\":{}}").send();

    assertThat(reply.status()).as(reply.toString()).isEqualTo(400);
  }

  /** A server does not look again whether the document keeps to the specification's schema. */
  @Test
  void theDocumentIsOneOfOpenApi() {
    var vertx = Vertx.vertx();
    try {
      assertThat(OpenAPIContract.from(vertx, ControlVerticle.document()).await().operations())
          .isNotEmpty();
    } finally {
      vertx.close().await();
    }
  }

  @Test
  void servesTheDocumentItself() {
    var reply = server.request("GET", "/openapi.json").send();

    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.json()).isEqualTo(ControlVerticle.document());
  }

  @Test
  void answersUnknownPathsAndMethodsWithACode() {
    var path = server.request("GET", "/v1/nothing").send();
    var method = server.request("DELETE", "/v1/me").send();

    assertThat(path.status()).isEqualTo(404);
    assertThat(path.code()).isEqualTo("NOT_FOUND");
    assertThat(method.status()).isEqualTo(405);
    assertThat(method.code()).isEqualTo("METHOD_NOT_ALLOWED");
  }

  @Test
  void refusesBodiesThatAreTooLargeOrNoJson() {
    var large =
        server
            .request("POST", "/v1/auth/login")
            .body("{\"email\":\"" + "a".repeat(1_100_000) + "\"}")
            .send();
    var text =
        server
            .request("POST", "/v1/auth/login")
            .header("Content-Type", "text/plain")
            .plainBody("hello")
            .send();

    assertThat(large.status()).isEqualTo(413);
    assertThat(large.code()).isEqualTo("PAYLOAD_TOO_LARGE");
    assertThat(text.status()).isEqualTo(415);
    assertThat(text.code()).isEqualTo("UNSUPPORTED_MEDIA_TYPE");
  }

  @Test
  void refusesTextThatCannotBeStored() {
    var reply =
        owner
            .request("POST", "/v1/orgs")
            .body("{\"name\":\"a\\u0000b\",\"slug\":\"nul-1\"}")
            .send();

    assertThat(reply.status()).as(reply.toString()).isEqualTo(400);
    assertThat(reply.code()).isEqualTo("BAD_REQUEST");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v1/orgs/%zz/members",
        "/v1/orgs/%/members",
        "/v1/invitations/%ff%fe/accept",
        "/v1/orgs/..%2f..%2fetc/members",
        "//v1//me",
        "/v1/orgs/%00/members",
        "/openapi.json?a=%zz"
      })
  void survivesPathsThatAreNone(String path) {
    var http = server.local().vertx().createHttpClient();
    var status =
        http.request(HttpMethod.GET, server.port(), "127.0.0.1", path)
            .compose(request -> request.putHeader("Cookie", owner.cookie).send())
            .map(response -> response.statusCode())
            .await();

    assertThat(status).as(path).isBetween(200, 499);
    http.close().await();
  }

  @Test
  void letsOnlyTheWebOriginIn() {
    var allowed =
        server
            .request("OPTIONS", "/v1/me")
            .header("Origin", "http://localhost:3000")
            .header("Access-Control-Request-Method", "GET")
            .send();
    var foreign =
        server
            .request("OPTIONS", "/v1/me")
            .header("Origin", "http://evil.example")
            .header("Access-Control-Request-Method", "GET")
            .send();

    assertThat(allowed.header("access-control-allow-origin")).isEqualTo("http://localhost:3000");
    assertThat(allowed.header("access-control-allow-credentials")).isEqualTo("true");
    assertThat(foreign.status()).isEqualTo(403);
    assertThat(foreign.code()).isEqualTo("FORBIDDEN");
    assertThat(foreign.header("access-control-allow-origin")).isNull();
  }

  @Test
  void tellsHowToInstallTheAgent() {
    var reply = server.request("GET", "/v1/meta/agent-installer").send();

    var linux = reply.json().getJsonArray("artifacts").getJsonObject(0);
    assertThat(linux.getString("downloadUrl"))
        .isEqualTo(
            "https://github.com/vespid-ai/vespid/releases/latest/download/vespid-agent-linux-x64.tar.gz");
    assertThat(linux.getJsonObject("commands").getString("connect"))
        .isEqualTo(
            "./vespid-agent connect --pairing-token \"<token>\" --api-base \"http://localhost:3001\"");
    assertThat(reply.json().getString("checksumsUrl")).endsWith("vespid-agent-checksums.txt");
  }

  @Test
  void isHealthy() {
    var reply = server.request("GET", "/healthz").send();

    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.json().getBoolean("ok")).isTrue();
    assertThat(reply.json().getString("database")).isEqualTo("up");
  }
}
