package ai.vespid.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Commands to one agent, from the control API over the whole gateway to its socket. */
@Timeout(60)
final class CommandsTest {
  private static final ControlSite site = new ControlSite();

  @AfterAll
  static void stop() {
    site.close();
  }

  private static String path(TestGateway.Credentials agent) {
    return "/v1/orgs/"
        + site.owner.organizationId()
        + "/agents/"
        + agent.executorId()
        + "/commands";
  }

  private static JsonObject typed(String type, String action, JsonObject params) {
    return new JsonObject().put("type", type).put("action", action).put("params", params);
  }

  @Test
  void theAnswerIsWhatTheAgentSaid() {
    var credentials = site.paired();
    try (var agent = site.connected(credentials)) {
      var params = new JsonObject().put("session_id", "s1");
      var body = typed("session", "start", params).put("id", "my-command");

      var answer = site.send(HttpMethod.POST, path(credentials), body, site.owner);

      assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
      var invoke = agent.await("invoke_tool_v2");
      assertThat(invoke.getString("kind")).isEqualTo("agent.command");
      assertThat(invoke.getJsonObject("payload"))
          .isEqualTo(
              new JsonObject()
                  .put("id", "my-command")
                  .put("name", "session.start")
                  .put("args", params));
      // This agent answers with what it was given.
      assertThat(answer.body()).isEqualTo(invoke.getJsonObject("payload"));
      // The same once more is not carried out once more.
      assertThat(site.send(HttpMethod.POST, path(credentials), body, site.owner).body())
          .isEqualTo(answer.body());
      assertThat(
              site.send(HttpMethod.GET, path(credentials) + "/my-command", null, site.owner).body())
          .isEqualTo(answer.body());
      assertThat(agent.received).noneMatch(f -> f.getString("type").equals("invoke_tool_v2"));
    }
  }

  @Test
  void aSecretTravelsApartAndIsInNoTable() {
    var credentials = site.paired();
    try (var agent = site.connected(credentials)) {
      var args = new JsonObject().put("username", "alice").put("password", "hidden-word");
      var body = new JsonObject().put("verb", "create_panel_user").put("args", args);

      assertThat(site.send(HttpMethod.POST, path(credentials), body, site.owner).status())
          .isEqualTo(200);

      var invoke = agent.await("invoke_tool_v2");
      assertThat(invoke.getJsonObject("payload").getJsonObject("args"))
          .isEqualTo(new JsonObject().put("username", "alice"));
      assertThat(new JsonObject(invoke.getString("secret")))
          .isEqualTo(new JsonObject().put("password", "hidden-word"));
    }
  }

  @Test
  void whatIsNoCommandReachesNobody() {
    var credentials = site.paired();
    try (var agent = site.connected(credentials)) {
      for (var body :
          new JsonObject[] {
            typed("session", "dance", new JsonObject()),
            typed("session", "start", new JsonObject()),
            typed("session", "list", new JsonObject().put("all", true)),
            new JsonObject().put("verb", "create_panel_user").put("args", new JsonObject()),
            new JsonObject().put("type", "session"),
            new JsonObject()
          }) {
        var answer = site.send(HttpMethod.POST, path(credentials), body, site.owner);
        assertThat(answer.status()).as(body.encode()).isEqualTo(400);
        assertThat(answer.code()).isEqualTo("BAD_REQUEST");
      }
      var missing = typed("session", "start", new JsonObject());
      assertThat(
              site.send(HttpMethod.POST, path(credentials), missing, site.owner)
                  .body()
                  .getString("message"))
          .contains("session_id parameter required");
      assertThat(agent.received).noneMatch(f -> f.getString("type").equals("invoke_tool_v2"));
    }
  }

  @Test
  void oneThatTakesLongIsAskedForByItsIdAndCanBeCancelled() {
    var credentials = site.paired();
    try (var agent = site.connected(credentials).onInvoke(FakeAgent::acknowledge)) {
      var body = typed("session", "list", new JsonObject()).put("waitMs", 300).put("id", "slow");

      var answer = site.send(HttpMethod.POST, path(credentials), body, site.owner);

      assertThat(answer.status()).as(answer.toString()).isEqualTo(202);
      assertThat(answer.body().getString("status")).isEqualTo("running");
      assertThat(site.send(HttpMethod.GET, path(credentials) + "/slow", null, site.owner).status())
          .isEqualTo(202);
      var cancelled =
          site.send(HttpMethod.POST, path(credentials) + "/slow/cancel", null, site.owner);
      assertThat(cancelled.status()).isEqualTo(200);
      assertThat(cancelled.body().getString("status")).isEqualTo("failed");
      assertThat(cancelled.body().getString("code")).isEqualTo("DISPATCH_CANCELED");
      assertThat(agent.await("dispatch_cancel")).isNotNull();
      assertThat(site.send(HttpMethod.GET, path(credentials) + "/never", null, site.owner).code())
          .isEqualTo("COMMAND_NOT_FOUND");
    }
  }

  @Test
  void onlyAnAgentThatIsThereAndTakesCommandsGetsThem() {
    var body = typed("system", "info", new JsonObject());
    var offline = site.paired();
    var nobody =
        new TestGateway.Credentials(UUID.randomUUID().toString(), "", site.owner.organizationId());

    assertThat(site.send(HttpMethod.POST, path(offline), body, site.owner).code())
        .isEqualTo("NO_AGENT_AVAILABLE");
    assertThat(site.send(HttpMethod.POST, path(nobody), body, site.owner).code())
        .isEqualTo("AGENT_NOT_FOUND");
    // One of the original knows no commands.
    try (var _ = FakeAgent.v2(site.gateway, offline).connect(site.gateway)) {
      assertThat(site.send(HttpMethod.POST, path(offline), body, site.owner).code())
          .isEqualTo("NO_AGENT_AVAILABLE");
    }
  }

  @Test
  void anotherOrganizationCommandsNothingOfThisOne() {
    var credentials = site.paired();
    try (var agent = site.connected(credentials)) {
      var stranger = site.person();
      var body = typed("session", "list", new JsonObject()).put("id", "theirs");
      var theirs = "/v1/orgs/" + stranger.organizationId() + "/agents/" + credentials.executorId();

      assertThat(site.send(HttpMethod.POST, theirs + "/commands", body, stranger).code())
          .isEqualTo("AGENT_NOT_FOUND");
      assertThat(site.send(HttpMethod.POST, path(credentials), body, stranger).status())
          .isIn(400, 403);
      assertThat(site.send(HttpMethod.GET, theirs + "/commands/theirs", null, stranger).status())
          .isEqualTo(404);
      assertThat(agent.received).noneMatch(f -> f.getString("type").equals("invoke_tool_v2"));
    }
  }
}
