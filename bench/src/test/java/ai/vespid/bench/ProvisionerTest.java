package ai.vespid.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.protocol.Pool;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Getting credentials from a control API that answers as the contract says (4.1 to 4.4). */
class ProvisionerTest {
  private static final String ORG = "11111111-1111-4111-8111-111111111111";
  private static final String USER = "22222222-2222-4222-8222-222222222222";

  @TempDir Path folder;

  private final Vertx vertx = Vertx.vertx();
  private final List<String> calls = new CopyOnWriteArrayList<>();
  private final AtomicBoolean busyOnce = new AtomicBoolean();
  private final HttpServer server =
      vertx.createHttpServer().requestHandler(this::answer).listen(0, "127.0.0.1").await();

  @AfterEach
  void close() {
    vertx.close().await();
  }

  @Test
  void signsUpCreatesAnOrganizationAndPairsEachAgentWithATokenOfItsOwn() {
    var agents = provision(new Provisioner.Account("a@b.c", "password", null), Pool.BYON, 2);

    assertThat(agents).extracting(Credential::executorId).containsExactly("of-p-5", "of-p-7");
    assertThat(agents).allMatch(a -> a.organizationId().equals(ORG) && a.userId().equals(USER));
    assertThat(calls)
        .startsWith("/v1/auth/login", "/v1/auth/signup", "/v1/me", "/v1/orgs")
        .hasSize(8);
  }

  @Test
  void waitsWhenItIsToldThatItAsksTooOften() {
    busyOnce.set(true);

    var agents = provision(new Provisioner.Account("a@b.c", "password", null), Pool.BYON, 1);

    assertThat(agents).hasSize(1);
  }

  @Test
  void issuesManagedExecutorsWithoutAPerson() {
    var agents = provision(new Provisioner.Account(null, null, "service"), Pool.MANAGED, 1);

    assertThat(agents).singleElement().extracting(Credential::pool).isEqualTo(Pool.MANAGED);
    assertThat(calls).containsExactly("/internal/v1/managed-executors/issue");
  }

  @Test
  void saysWhatWasRefused() {
    var account = new Provisioner.Account(null, null, "another");

    assertThatThrownBy(() -> provision(account, Pool.MANAGED, 1))
        .hasMessage("issuing a managed executor was answered 401 UNAUTHORIZED");
  }

  @Test
  void keepsCredentialsInAFileThatOnlyItsOwnerReads() throws Exception {
    var path = folder.resolve("agents.jsonl");
    var agent = new Credential("e", "secret", ORG, USER, Pool.MANAGED);
    var file = new CredentialFile(path);

    file.add(List.of(agent));
    Files.writeString(
        path,
        "{\"executorId\":\"hand\",\"token\":\"t\",\"organizationId\":\"o\",\"userId\":\"u\"}\n",
        StandardOpenOption.APPEND);

    assertThat(file.read(Pool.MANAGED)).containsExactly(agent);
    assertThat(file.read(Pool.BYON)).extracting(Credential::executorId).containsExactly("hand");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
        .isEqualTo("rw-------");
    assertThat(agent.toString()).doesNotContain("secret");
  }

  private List<Credential> provision(Provisioner.Account account, Pool pool, int count) {
    try (var api = new ControlApi("http://127.0.0.1:" + server.actualPort())) {
      return new Provisioner(api, account).provision(pool, count);
    }
  }

  private void answer(HttpServerRequest request) {
    calls.add(request.path());
    request
        .body()
        .onSuccess(body -> route(request, body.length() == 0 ? null : body.toJsonObject()));
  }

  private void route(HttpServerRequest request, JsonObject body) {
    boolean known = "Bearer access".equals(request.getHeader("Authorization"));
    boolean inOrg = known && ORG.equals(request.getHeader("X-Org-Id"));
    boolean service = "service".equals(request.getHeader("X-Service-Token"));
    switch (request.path()) {
      case "/v1/auth/signup" -> say(request, 201, object("session", session()));
      case "/v1/me" -> say(request, known ? 200 : 401, object("orgs", new JsonArray()));
      case "/v1/orgs" -> say(request, 201, object("organization", object("id", ORG)));
      case "/v1/orgs/" + ORG + "/agents/pairing-tokens" -> token(request, inOrg);
      case "/v1/agents/pair" -> say(request, 201, paired(body));
      case "/internal/v1/managed-executors/issue" ->
          say(request, service ? 201 : 401, service ? paired(body) : refusal());
      default -> say(request, 401, refusal());
    }
  }

  private void token(HttpServerRequest request, boolean inOrg) {
    if (busyOnce.compareAndSet(true, false)) {
      request.response().putHeader("Retry-After", "1");
      say(request, 429, object("code", "RATE_LIMITED"));
    } else {
      say(request, inOrg ? 201 : 403, object("token", "p-" + calls.size()));
    }
  }

  private static JsonObject session() {
    return object("token", "access").put("userId", USER);
  }

  private static JsonObject paired(JsonObject body) {
    return object("executorId", "of-" + body.getString("pairingToken"))
        .put("executorToken", "secret")
        .put("organizationId", ORG);
  }

  private static JsonObject refusal() {
    return object("code", "UNAUTHORIZED");
  }

  private static JsonObject object(String name, Object value) {
    return new JsonObject().put(name, value);
  }

  private static void say(HttpServerRequest request, int status, JsonObject body) {
    request.response().setStatusCode(status).end(body.encode());
  }
}
