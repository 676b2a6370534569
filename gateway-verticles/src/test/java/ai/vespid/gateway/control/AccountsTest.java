package ai.vespid.gateway.control;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.sql.DatabaseOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Signing up, in and out. */
final class AccountsTest {
  private static ControlServer server;

  @BeforeAll
  static void start() {
    server =
        ControlServer.start(
            new JsonObject().put("systemAdminEmails", new JsonArray().add("root@e.org")));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static ControlServer.Reply login(String email, String password) {
    return server
        .request("POST", "/v1/auth/login")
        .body(new JsonObject().put("email", email).put("password", password))
        .send();
  }

  private static ControlServer.Reply refresh(String cookie) {
    return server.request("POST", "/v1/auth/refresh").header("Cookie", cookie).send();
  }

  @Test
  void signsUpWithAPersonalOrganization() {
    var person = server.person();

    var me = person.request("GET", "/v1/me").send().json();
    var organization = me.getJsonArray("orgs").getJsonObject(0);
    assertThat(organization.getString("name")).isEqualTo("Personal workspace");
    assertThat(organization.getString("slug"))
        .isEqualTo("personal-" + person.userId.substring(0, 8));
    assertThat(organization.getString("roleKey")).isEqualTo("owner");
    assertThat(me.getString("defaultOrgId")).isEqualTo(organization.getString("id"));
    assertThat(me.getJsonObject("account").getBoolean("isSystemAdmin")).isFalse();
    assertThat(me.getJsonObject("orgPolicy").getMap())
        .containsEntry("canManageOrganizations", true)
        .containsEntry("maxOrganizations", null)
        .containsEntry("currentOrganizations", 1);
  }

  @Test
  void answersASessionAsTheContractHasIt() {
    var email = "shape@example.org";
    server.person(email);

    var reply = login("SHAPE@example.org", "correct horse");

    assertThat(reply.status()).isEqualTo(200);
    var session = reply.json().getJsonObject("session");
    assertThat(session.fieldNames())
        .containsExactlyInAnyOrder(
            "token", "userId", "email", "sessionId", "tokenType", "issuedAt", "expiresAt");
    assertThat(session.getString("tokenType")).isEqualTo("access");
    assertThat(session.getLong("expiresAt") - session.getLong("issuedAt")).isEqualTo(900);
    var user = reply.json().getJsonObject("user");
    assertThat(user.getString("email")).isEqualTo(email);
    assertThat(user.getMap()).containsEntry("displayName", null);
    assertThat(user.getString("createdAt")).matches("\\d{4}-\\d\\d-\\d\\dT[0-9:]{8}\\.\\d{3}Z");
    assertThat(reply.header("set-cookie"))
        .contains("vespid_session=", "HTTPOnly", "Path=/", "SameSite=Lax", "Max-Age=604800")
        .doesNotContain("Secure");
  }

  @Test
  void refusesASecondAccountWithTheSameAddress() {
    server.person("twice@example.org");

    var reply =
        server
            .request("POST", "/v1/auth/signup")
            .body(new JsonObject().put("email", "Twice@Example.org").put("password", "12345678"))
            .send();

    assertThat(reply.status()).isEqualTo(409);
    assertThat(reply.code()).isEqualTo("CONFLICT");
  }

  @Test
  void doesNotTellWhetherAnAccountExists() {
    server.person("known@example.org");

    var wrong = login("known@example.org", "wrong");
    var unknown = login("unknown@example.org", "wrong");

    assertThat(wrong.status()).isEqualTo(401);
    assertThat(wrong.code()).isEqualTo("UNAUTHORIZED");
    assertThat(unknown.response().body()).isEqualTo(wrong.response().body());
    assertThat(unknown.status()).isEqualTo(401);
  }

  @Test
  void takesAsLongForAnUnknownAccountAsForAKnownOne() {
    server.person("timed@example.org");
    login("timed@example.org", "warm up");

    long known = fastest("timed@example.org");
    long unknown = fastest("untimed@example.org");

    assertThat(unknown).isGreaterThan(known / 2);
  }

  private static long fastest(String email) {
    long fastest = Long.MAX_VALUE;
    for (int i = 0; i < 5; i++) {
      long start = System.nanoTime();
      login(email, "wrong");
      fastest = Math.min(fastest, System.nanoTime() - start);
    }
    return fastest;
  }

  @Test
  void keepsNoPasswordAndNoTokenInTheClear() {
    var person = server.person();

    var row =
        server
            .database()
            .identity()
            .query(
                "select u.password_hash, s.refresh_token_hash from users u"
                    + " join auth_sessions s on s.user_id = u.id where u.id = '"
                    + person.userId
                    + "'")
            .execute()
            .await()
            .iterator()
            .next();
    assertThat(row.getString(0)).startsWith("$argon2id$").doesNotContain("correct horse");
    assertThat(row.getString(1)).matches("[0-9a-f]{64}");
    assertThat(person.cookie).doesNotContain(row.getString(1));
  }

  @Test
  void rotatesTheCookieAndKeepsTheSession() {
    var person = server.person();

    var refreshed = refresh(person.cookie);
    var again = refresh(person.cookie);
    var next = refresh(refreshed.cookie());

    assertThat(refreshed.status()).isEqualTo(200);
    assertThat(refreshed.cookie()).isNotEqualTo(person.cookie);
    assertThat(again.status()).isEqualTo(401);
    assertThat(next.json().getJsonObject("session").getString("sessionId"))
        .isEqualTo(refreshed.json().getJsonObject("session").getString("sessionId"));
  }

  @Test
  void acceptsTheCookieWhereTheTokenIsMissingOrBadAndHandsOutAFreshToken() {
    var person = server.person();

    for (var bearer : new String[] {null, "Bearer nonsense"}) {
      var request = server.request("GET", "/v1/me").header("Cookie", person.cookie);
      if (bearer != null) request.header("Authorization", bearer);
      var reply = request.send();

      assertThat(reply.status()).isEqualTo(200);
      var fresh = reply.header("x-access-token");
      var byToken =
          server.request("GET", "/v1/me").header("Authorization", "Bearer " + fresh).send();
      assertThat(byToken.status()).isEqualTo(200);
      assertThat(byToken.header("x-access-token")).isNull();
    }
  }

  @Test
  void endsTheSessionAtLogoutAtOnce() {
    var person = server.person();

    var reply = person.request("POST", "/v1/auth/logout").send();

    assertThat(reply.json().getBoolean("ok")).isTrue();
    assertThat(reply.header("set-cookie")).contains("Max-Age=0");
    assertThat(person.request("GET", "/v1/me").send().status()).isEqualTo(401);
    assertThat(refresh(person.cookie).status()).isEqualTo(401);
  }

  @Test
  void endsAllSessionsButNobodyElses() {
    var person = server.person("many@example.org");
    var other = server.person();
    login("many@example.org", "correct horse");
    login("many@example.org", "correct horse");

    var reply = person.request("POST", "/v1/auth/logout-all").send();

    assertThat(reply.json().getInteger("revokedCount")).isEqualTo(3);
    assertThat(person.request("GET", "/v1/me").send().status()).isEqualTo(401);
    assertThat(other.request("GET", "/v1/me").send().status()).isEqualTo(200);
  }

  @Test
  void refusesForgedTokens() {
    var person = server.person();
    var parts = person.token.split("\\.");
    var none =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString("{\"alg\":\"none\",\"typ\":\"JWT\"}".getBytes(StandardCharsets.UTF_8));

    for (var forged :
        new String[] {
          none + "." + parts[1] + ".",
          parts[0] + "." + parts[1] + ".AAAA",
          parts[0] + "." + parts[1],
          parts[1],
          ""
        }) {
      var reply =
          server.request("GET", "/v1/me").header("Authorization", "Bearer " + forged).send();
      assertThat(reply.status()).isEqualTo(401);
      assertThat(reply.code()).isEqualTo("UNAUTHORIZED");
    }
  }

  @Test
  void knowsItsSystemAdministrators() {
    var me = server.person("root@e.org").request("GET", "/v1/me").send().json();

    assertThat(me.getJsonObject("account").getBoolean("isSystemAdmin")).isTrue();
  }

  @Test
  void slowsDownWhoGuesses() {
    try (var strict = ControlServer.start(new JsonObject().put("loginsPerMinute", 3))) {
      var body = new JsonObject().put("email", "x@example.org").put("password", "guess");
      for (int i = 0; i < 3; i++) {
        assertThat(strict.request("POST", "/v1/auth/login").body(body).send().status())
            .isEqualTo(401);
      }

      var reply = strict.request("POST", "/v1/auth/login").body(body).send();

      assertThat(reply.status()).isEqualTo(429);
      assertThat(reply.code()).isEqualTo("RATE_LIMITED");
      assertThat(Integer.parseInt(reply.header("Retry-After"))).isBetween(1, 60);
    }
  }

  @Test
  void saysThatTheDatabaseIsAway() {
    var away = new DatabaseOptions("postgres://nobody:secret@127.0.0.1:1/none");
    try (var alone = ControlServer.startWithout(away)) {
      var reply =
          alone
              .request("POST", "/v1/auth/login")
              .body(new JsonObject().put("email", "a@b.c").put("password", "x"))
              .send();

      assertThat(reply.status()).isEqualTo(503);
      assertThat(reply.code()).isEqualTo("DATABASE_UNAVAILABLE");
      assertThat(reply.header("Retry-After")).isNotNull();
      assertThat(reply.response().body()).doesNotContain("secret", "Exception");
      var health = alone.request("GET", "/healthz").send();
      assertThat(health.json().getString("database")).isEqualTo("down");
    }
  }
}
