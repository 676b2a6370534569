package ai.vespid.sql;

import io.vertx.core.Future;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.Tuple;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/** Invitations into an organization: one pending per address, kept by the token's hash. */
public final class InvitationRepository {
  /** An invitation as its organization sees it; the token is not among it. */
  public record Invitation(
      String id,
      String organizationId,
      String email,
      String roleKey,
      String invitedByUserId,
      String status,
      Instant expiresAt,
      Instant createdAt) {}

  /** An invitation to be made. */
  public record NewInvitation(
      String organizationId,
      String email,
      String roleKey,
      String invitedByUserId,
      String tokenHash,
      Instant expiresAt) {
    @Override
    public String toString() {
      return "NewInvitation[" + organizationId + "]";
    }
  }

  /** What became of an acceptance. */
  public sealed interface Outcome {
    record Accepted(String invitationId, String membershipId) implements Outcome {}

    record Unknown() implements Outcome {}

    /** It was accepted, replaced or has expired. */
    record NotPending() implements Outcome {}

    record OtherAddress() implements Outcome {}
  }

  private static final String MEMBER =
      """
      select 1 from memberships m join users u on u.id = m.user_id where lower(u.email) = lower($1)
      """;
  private static final String REPLACE =
      """
      update organization_invitations set status = 'replaced'
      where lower(email) = lower($1) and status = 'pending'
      """;
  private static final String INSERT =
      """
      insert into organization_invitations
        (organization_id, email, role_key, invited_by_user_id, token_hash, expires_at)
      values ($1, $2, $3, $4, $5, $6)
      returning id, organization_id, email, role_key, invited_by_user_id, status, expires_at,
        created_at
      """;
  // A member who is invited again keeps the role they have.
  private static final String ACCEPT =
      """
      with accepted as (
        update organization_invitations set status = 'accepted'
        where token_hash = $1 and status = 'pending' and expires_at > now()
          and lower(email) = lower($2)
        returning id, organization_id, role_key)
      insert into memberships (organization_id, user_id, role_key)
      select organization_id, $3, role_key from accepted
      on conflict (organization_id, user_id) do update set role_key = memberships.role_key
      returning id, (select id from accepted) as invitation_id
      """;
  private static final String WHY_NOT =
      """
      select status = 'pending' and expires_at > now() as pending
      from organization_invitations where token_hash = $1
      """;

  private final Database database;

  public InvitationRepository(Database database) {
    this.database = database;
  }

  /** Makes an invitation in place of a pending one; empty when that address is a member. */
  public Future<Optional<Invitation>> create(NewInvitation invitation) {
    return database.tenant(
        invitation.organizationId(),
        connection ->
            connection
                .preparedQuery(MEMBER)
                .execute(Tuple.of(invitation.email()))
                .compose(members -> {
                  if (members.size() > 0) return Future.succeededFuture(Optional.empty());
                  var replaced =
                      connection.preparedQuery(REPLACE).execute(Tuple.of(invitation.email()));
                  var inserted = connection.preparedQuery(INSERT).execute(tuple(invitation));
                  return replaced
                      .compose(_ -> inserted)
                      .map(rows -> Rows.first(rows, InvitationRepository::invitation));
                }));
  }

  private static Tuple tuple(NewInvitation invitation) {
    return Tuple.of(
        UUID.fromString(invitation.organizationId()),
        invitation.email(),
        invitation.roleKey(),
        UUID.fromString(invitation.invitedByUserId()),
        invitation.tokenHash(),
        Rows.at(invitation.expiresAt()));
  }

  /** Turns an invitation into a membership, once. */
  public Future<Outcome> accept(
      String organizationId, String tokenHash, String email, String userId) {
    return database.tenant(
        organizationId,
        connection -> {
          var accepted =
              connection
                  .preparedQuery(ACCEPT)
                  .execute(Tuple.of(tokenHash, email, UUID.fromString(userId)));
          var reason = connection.preparedQuery(WHY_NOT).execute(Tuple.of(tokenHash));
          return accepted
              .compose(_ -> reason)
              .map(_ ->
                  Rows.first(accepted.result(), InvitationRepository::accepted)
                      .orElseGet(() ->
                          Rows.first(reason.result(), InvitationRepository::refused)
                              .orElse(new Outcome.Unknown())));
        });
  }

  private static Outcome accepted(Row row) {
    return new Outcome.Accepted(Rows.id(row, "invitation_id"), Rows.id(row, "id"));
  }

  private static Outcome refused(Row row) {
    return row.getBoolean("pending") ? new Outcome.OtherAddress() : new Outcome.NotPending();
  }

  private static Invitation invitation(Row row) {
    return new Invitation(
        Rows.id(row, "id"),
        Rows.id(row, "organization_id"),
        row.getString("email"),
        row.getString("role_key"),
        Rows.id(row, "invited_by_user_id"),
        row.getString("status"),
        Rows.time(row, "expires_at"),
        Rows.time(row, "created_at"));
  }
}
