package ai.vespid.gateway.control;

import ai.vespid.kit.crypto.Tokens;
import ai.vespid.protocol.Check;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.sql.DatabaseFailures;
import ai.vespid.sql.InvitationRepository;
import ai.vespid.sql.InvitationRepository.Invitation;
import ai.vespid.sql.InvitationRepository.NewInvitation;
import ai.vespid.sql.InvitationRepository.Outcome;
import ai.vespid.sql.OrganizationRepository;
import ai.vespid.sql.OrganizationRepository.Member;
import ai.vespid.sql.OrganizationRepository.Membership;
import ai.vespid.sql.OrganizationRepository.Organization;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.UUID;

/** Organizations, their members, invitations and settings. */
final class OrganizationEndpoints {
  private static final Duration INVITATION_TTL = Duration.ofHours(72);

  record OrganizationView(String id, String slug, String name, String createdAt) {
    static OrganizationView of(Organization o) {
      return new OrganizationView(o.id(), o.slug(), o.name(), Iso.of(o.createdAt()));
    }
  }

  record MembershipView(
      String id, String organizationId, String userId, String roleKey, String createdAt) {
    static MembershipView of(Membership m) {
      return new MembershipView(
          m.id(), m.organizationId(), m.userId(), m.roleKey(), Iso.of(m.createdAt()));
    }
  }

  @JsonInclude(JsonInclude.Include.ALWAYS)
  record MemberView(
      String id,
      String userId,
      String email,
      String displayName,
      String roleKey,
      String createdAt) {
    static MemberView of(Member m) {
      return new MemberView(
          m.id(), m.userId(), m.email(), m.displayName(), m.roleKey(), Iso.of(m.createdAt()));
    }
  }

  /** An invitation with its token, which is shown this once. */
  record InvitationView(
      String id,
      String organizationId,
      String email,
      String roleKey,
      String invitedByUserId,
      String token,
      String status,
      String expiresAt,
      String createdAt) {
    static InvitationView of(Invitation i, String token) {
      return new InvitationView(
          i.id(),
          i.organizationId(),
          i.email(),
          i.roleKey(),
          i.invitedByUserId(),
          token,
          i.status(),
          Iso.of(i.expiresAt()),
          Iso.of(i.createdAt()));
    }

    @Override
    public String toString() {
      return "InvitationView[" + id + "]";
    }
  }

  private final OrganizationRepository organizations;
  private final InvitationRepository invitations;
  private final InstantSource clock;

  OrganizationEndpoints(
      OrganizationRepository organizations, InvitationRepository invitations, InstantSource clock) {
    this.organizations = organizations;
    this.invitations = invitations;
    this.clock = clock;
  }

  Map<String, Endpoint> endpoints() {
    return Map.of(
        "createOrganization", this::create,
        "listMembers", this::members,
        "changeRole", this::changeRole,
        "invite", this::invite,
        "acceptInvitation", this::accept,
        "readSettings", this::settings,
        "changeSettings", this::changeSettings);
  }

  private Future<Answer> create(Call call) {
    return organizations
        .create(call.text("name"), call.text("slug"), call.caller().userId())
        .map(created ->
            Answer.created(
                Map.of(
                    "organization", OrganizationView.of(created.organization()),
                    "membership", MembershipView.of(created.membership()))))
        .recover(cause ->
            Future.failedFuture(
                DatabaseFailures.duplicate(cause, OrganizationRepository.SLUG_TAKEN)
                    ? new Problem(ErrorCode.ORG_SLUG_CONFLICT, "this slug is taken")
                    : cause));
  }

  private Future<Answer> members(Call call) {
    return organizations
        .members(call.organizationId())
        .map(
            members -> Answer.ok(Map.of("members", members.stream().map(MemberView::of).toList())));
  }

  private Future<Answer> changeRole(Call call) {
    var userId = call.path("memberId");
    if (!Check.isUuid(userId)) return Future.failedFuture(noMember());
    return organizations
        .changeRole(call.organizationId(), call.role(), userId, call.text("roleKey"))
        .compose(change ->
            switch (change) {
              case DONE -> organizations.membership(call.organizationId(), userId);
              case NOT_A_MEMBER -> Future.failedFuture(noMember());
              case OWNERS_ONLY ->
                  Future.failedFuture(
                      new Problem(
                          ErrorCode.FORBIDDEN, "only an owner may make or unmake an owner"));
              case LAST_OWNER ->
                  Future.failedFuture(
                      new Problem(ErrorCode.CONFLICT, "an organization keeps at least one owner"));
            })
        .map(membership ->
            Answer.ok(
                Map.of(
                    "membership",
                    MembershipView.of(membership.orElseThrow(OrganizationEndpoints::noMember)))));
  }

  private static Problem noMember() {
    return new Problem(ErrorCode.NOT_FOUND, "no such member");
  }

  private Future<Answer> invite(Call call) {
    // <orgId>.<uuid>: the organization is needed to look the token up.
    var token = call.organizationId() + "." + UUID.randomUUID();
    var invitation =
        new NewInvitation(
            call.organizationId(),
            call.text("email").strip(),
            call.text("roleKey"),
            call.caller().userId(),
            Tokens.hash(token),
            clock.instant().plus(INVITATION_TTL));
    return invitations
        .create(invitation)
        .map(created ->
            Answer.created(
                Map.of(
                    "invitation",
                    InvitationView.of(
                        created.orElseThrow(() ->
                            new Problem(ErrorCode.CONFLICT, "this address is a member already")),
                        token))));
  }

  private Future<Answer> accept(Call call) {
    var token = call.path("token");
    int dot = token.indexOf('.');
    var organizationId = dot < 0 ? "" : token.substring(0, dot);
    var header = call.header("X-Org-Id");
    if (!Check.isUuid(organizationId)
        || (header != null && !header.equalsIgnoreCase(organizationId))) {
      return Future.failedFuture(
          new Problem(
              ErrorCode.INVALID_ORG_CONTEXT,
              "the token belongs to another organization, or to none"));
    }
    var user = call.caller().user();
    return invitations
        .accept(organizationId, Tokens.hash(token), user.email(), user.id())
        .map(outcome ->
            switch (outcome) {
              case Outcome.Accepted a ->
                  Answer.ok(
                      Map.of(
                          "result",
                          Map.of(
                              "invitationId",
                              a.invitationId(),
                              "organizationId",
                              organizationId,
                              "membershipId",
                              a.membershipId(),
                              "accepted",
                              true)));
              case Outcome.Unknown _ ->
                  throw new Problem(ErrorCode.NOT_FOUND, "no such invitation");
              case Outcome.NotPending _ ->
                  throw new Problem(
                      ErrorCode.INVITATION_ACCEPT_FAILED, "the invitation is used or has expired");
              case Outcome.OtherAddress _ ->
                  throw new Problem(ErrorCode.FORBIDDEN, "the invitation is for another e-mail");
            });
  }

  private Future<Answer> settings(Call call) {
    return organizations
        .settings(call.organizationId())
        .map(stored -> Answer.ok(OrganizationSettings.answer(stored)));
  }

  private Future<Answer> changeSettings(Call call) {
    return organizations
        .changeSettings(
            call.organizationId(), stored -> OrganizationSettings.merge(stored, call.body()))
        .map(stored -> Answer.ok(OrganizationSettings.answer(stored)));
  }
}
