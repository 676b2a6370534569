package ai.vespid.gateway.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.Locale;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Organizations, members, invitations and settings. */
final class OrganizationsTest {
  private static ControlServer server;

  @BeforeAll
  static void start() {
    server = ControlServer.start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static ControlServer.Reply invite(
      ControlServer.Person inviter, String email, String role) {
    return inviter
        .own("POST", "/invitations")
        .body(new JsonObject().put("email", email).put("roleKey", role))
        .send();
  }

  private static String invitationToken(
      ControlServer.Person inviter, ControlServer.Person invited, String role) {
    var reply = invite(inviter, invited.email, role);
    assertThat(reply.status()).as(reply.toString()).isEqualTo(201);
    return reply.json().getJsonObject("invitation").getString("token");
  }

  private static ControlServer.Reply accept(ControlServer.Person person, String token) {
    return person.request("POST", "/v1/invitations/" + token + "/accept").send();
  }

  private static ControlServer.Person member(ControlServer.Person owner, String role) {
    var person = server.person();
    assertThat(accept(person, invitationToken(owner, person, role)).status()).isEqualTo(200);
    return person;
  }

  private static ControlServer.Reply changeRole(
      ControlServer.Person actor, String organization, String userId, String role) {
    return actor
        .in(organization, "POST", "/members/" + userId + "/role")
        .body(new JsonObject().put("roleKey", role))
        .send();
  }

  @Test
  void createsAnOrganizationOwnedByItsCreator() {
    var person = server.person();
    var slug = "acme-" + UUID.randomUUID().toString().substring(0, 8);
    var body = new JsonObject().put("name", "Acme").put("slug", slug);

    var created = person.request("POST", "/v1/orgs").body(body).send();
    var again = person.request("POST", "/v1/orgs").body(body).send();

    assertThat(created.status()).isEqualTo(201);
    var organization = created.json().getJsonObject("organization");
    var membership = created.json().getJsonObject("membership");
    assertThat(organization.fieldNames())
        .containsExactlyInAnyOrder("id", "slug", "name", "createdAt");
    assertThat(membership.getString("organizationId")).isEqualTo(organization.getString("id"));
    assertThat(membership.getString("userId")).isEqualTo(person.userId);
    assertThat(membership.getString("roleKey")).isEqualTo("owner");
    assertThat(again.status()).isEqualTo(409);
    assertThat(again.code()).isEqualTo("ORG_SLUG_CONFLICT");
    assertThat(person.request("GET", "/v1/me").send().json().getJsonArray("orgs")).hasSize(2);
  }

  @Test
  void demandsTheOrganizationContext() {
    var person = server.person();
    var path = "/v1/orgs/" + person.organizationId + "/members";

    var missing = person.request("GET", path).send();
    var other = person.request("GET", path).header("X-Org-Id", UUID.randomUUID().toString()).send();
    var nonsense = person.request("GET", path).header("X-Org-Id", "mine").send();
    var badPath = person.request("GET", "/v1/orgs/mine/members").header("X-Org-Id", "mine").send();
    var foreign = person.in(UUID.randomUUID().toString(), "GET", "/members").send();

    assertThat(missing.status()).isEqualTo(400);
    assertThat(missing.code()).isEqualTo("ORG_CONTEXT_REQUIRED");
    assertThat(other.code()).isEqualTo("INVALID_ORG_CONTEXT");
    assertThat(nonsense.code()).isEqualTo("INVALID_ORG_CONTEXT");
    assertThat(badPath.code()).isEqualTo("INVALID_ORG_CONTEXT");
    assertThat(foreign.status()).isEqualTo(403);
    assertThat(foreign.code()).isEqualTo("ORG_ACCESS_DENIED");
  }

  @Test
  void canDoWithoutTheContextWhenItIsToldTo() {
    try (var lax = ControlServer.start(new JsonObject().put("orgContextEnforcement", "warn"))) {
      var person = lax.person();

      var reply = person.request("GET", "/v1/orgs/" + person.organizationId + "/members").send();

      assertThat(reply.status()).isEqualTo(200);
      assertThat(reply.header("x-org-context-warning")).isNotNull();
    }
  }

  @Test
  void invitesAndAccepts() {
    var owner = server.person();
    var guest = server.person();
    var reply = invite(owner, guest.email.toUpperCase(Locale.ROOT), "admin");
    var invitation = reply.json().getJsonObject("invitation");
    var token = invitation.getString("token");

    var accepted = accept(guest, token);
    var again = accept(guest, token);

    assertThat(token).startsWith(owner.organizationId + ".");
    assertThat(Instant.parse(invitation.getString("expiresAt")))
        .isAfter(Instant.now().plusSeconds(71 * 3600));
    var result = accepted.json().getJsonObject("result");
    assertThat(result.getString("invitationId")).isEqualTo(invitation.getString("id"));
    assertThat(result.getString("organizationId")).isEqualTo(owner.organizationId);
    assertThat(result.getBoolean("accepted")).isTrue();
    assertThat(again.status()).isEqualTo(400);
    assertThat(again.code()).isEqualTo("INVITATION_ACCEPT_FAILED");
    var members = owner.own("GET", "/members").send().json().getJsonArray("members");
    assertThat(members).hasSize(2);
    assertThat(members.getJsonObject(1).getString("email")).isEqualTo(guest.email);
    assertThat(members.getJsonObject(1).getString("roleKey")).isEqualTo("admin");
    assertThat(members.getJsonObject(1).getString("id"))
        .isEqualTo(result.getString("membershipId"));
  }

  @Test
  void letsNobodyElseAccept() {
    var owner = server.person();
    var guest = server.person();
    var token = invitationToken(owner, guest, "member");

    var stranger = accept(server.person(), token);
    var unknown = accept(guest, owner.organizationId + "." + UUID.randomUUID());
    var malformed = accept(guest, "nonsense");
    var elsewhere =
        guest
            .request("POST", "/v1/invitations/" + token + "/accept")
            .header("X-Org-Id", guest.organizationId)
            .send();

    assertThat(stranger.status()).isEqualTo(403);
    assertThat(unknown.status()).isEqualTo(404);
    assertThat(malformed.code()).isEqualTo("INVALID_ORG_CONTEXT");
    assertThat(elsewhere.code()).isEqualTo("INVALID_ORG_CONTEXT");
    assertThat(accept(guest, token).status()).isEqualTo(200);
  }

  @Test
  void replacesAPendingInvitationAndRefusesMembers() {
    var owner = server.person();
    var guest = server.person();
    var first = invitationToken(owner, guest, "member");
    var second = invitationToken(owner, guest, "member");

    var old = accept(guest, first);
    var current = accept(guest, second);
    var member = invite(owner, guest.email, "member");

    assertThat(old.code()).isEqualTo("INVITATION_ACCEPT_FAILED");
    assertThat(current.status()).isEqualTo(200);
    assertThat(member.status()).isEqualTo(409);
    assertThat(member.code()).isEqualTo("CONFLICT");
  }

  @Test
  void keepsAdminWorkFromMembers() {
    var owner = server.person();
    var member = member(owner, "member");

    for (var path : new String[] {"/agents", "/executors"}) {
      assertThat(member.in(owner.organizationId, "GET", path).send().code()).isEqualTo("FORBIDDEN");
    }
    var settings = member.in(owner.organizationId, "GET", "/settings").send();
    var change = member.in(owner.organizationId, "PUT", "/settings").body("{}").send();

    assertThat(settings.status()).isEqualTo(200);
    assertThat(change.status()).isEqualTo(403);
    assertThat(change.code()).isEqualTo("FORBIDDEN");
  }

  @Test
  void letsOnlyOwnersMakeAndUnmakeOwnersAndKeepsOne() {
    var owner = server.person();
    var org = owner.organizationId;
    var admin = member(owner, "admin");
    var member = member(owner, "member");

    assertThat(changeRole(admin, org, member.userId, "owner").code()).isEqualTo("FORBIDDEN");
    assertThat(changeRole(admin, org, owner.userId, "member").code()).isEqualTo("FORBIDDEN");
    assertThat(changeRole(owner, org, owner.userId, "admin").status()).isEqualTo(409);
    assertThat(changeRole(owner, org, UUID.randomUUID().toString(), "admin").status())
        .isEqualTo(404);
    assertThat(changeRole(owner, org, "nobody", "admin").status()).isEqualTo(404);
    var promoted = changeRole(owner, org, member.userId, "owner");
    var demoted = changeRole(member, org, owner.userId, "member");

    assertThat(promoted.json().getJsonObject("membership").getString("roleKey")).isEqualTo("owner");
    assertThat(demoted.json().getJsonObject("membership").getString("roleKey")).isEqualTo("member");
    assertThat(changeRole(owner, org, owner.userId, "owner").code()).isEqualTo("FORBIDDEN");
  }

  @Test
  void fillsSettingsWithDefaults() {
    var owner = server.person();

    var settings = owner.own("GET", "/settings").send().json().getJsonObject("settings");

    assertThat(settings.getJsonObject("tools").getBoolean("shellRunEnabled")).isFalse();
    var auth = settings.getJsonObject("agents").getJsonObject("engineAuthDefaults");
    assertThat(auth.getJsonObject("gateway.opencode.v2").getString("mode")).isEqualTo("api_key");
    assertThat(auth.getJsonObject("gateway.codex.v2").getString("mode"))
        .isEqualTo("oauth_executor");
  }

  @Test
  void mergesSettingsAndNeverErasesQuotas() {
    var owner = server.person();
    server
        .database()
        .tenant(
            owner.organizationId,
            c ->
                c.query(
                        """
                        update organizations
                        set settings = '{"execution":{"quotas":{"maxInFlight":7}}}'
                        """)
                    .execute())
        .await();

    owner.own("PUT", "/settings").body("{\"tools\":{\"shellRunEnabled\":true}}").send();
    owner
        .own("PUT", "/settings")
        .body("{\"llm\":{\"providers\":{\"a\":{\"apiKind\":\"x\"},\"b\":{\"apiKind\":\"y\"}}}}")
        .send();
    var reply = owner.own("PUT", "/settings").body("{\"llm\":{\"providers\":{\"a\":null}}}").send();

    var settings = reply.json().getJsonObject("settings");
    assertThat(settings.getJsonObject("tools").getBoolean("shellRunEnabled")).isTrue();
    assertThat(settings.getJsonObject("llm").getJsonObject("providers").fieldNames())
        .containsExactly("b");
    assertThat(
            settings.getJsonObject("execution").getJsonObject("quotas").getInteger("maxInFlight"))
        .isEqualTo(7);
    assertThat(owner.own("GET", "/settings").send().json().getJsonObject("settings"))
        .isEqualTo(settings);
  }
}
