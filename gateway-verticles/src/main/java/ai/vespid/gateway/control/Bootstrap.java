package ai.vespid.gateway.control;

import ai.vespid.kit.crypto.Tokens;
import ai.vespid.sql.AccountRepository;
import ai.vespid.sql.AccountRepository.NewAccount;
import ai.vespid.sql.AgentRepository;
import ai.vespid.sql.Database;
import ai.vespid.sql.DatabaseFailures;
import ai.vespid.sql.OrganizationRepository;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.InstantSource;
import java.util.UUID;

/** What {@code vespid up} does on behalf of the first user, before anybody can sign up. */
public final class Bootstrap {
  /** The first user and the organization they own. */
  public record Owner(String userId, String organizationId) {}

  private final Vertx vertx;
  private final AccountRepository accounts;
  private final AgentRepository agents;
  private final OrganizationRepository organizations;
  private final InstantSource clock;

  public Bootstrap(Vertx vertx, Database database, InstantSource clock) {
    this.vertx = vertx;
    this.accounts = new AccountRepository(database);
    this.agents = new AgentRepository(database);
    this.organizations = new OrganizationRepository(database);
    this.clock = clock;
  }

  /**
   * The owner with this address, created with their organization unless they exist. An existing
   * account keeps its password and its organizations.
   */
  public Future<Owner> firstOwner(String email, String password, String organizationName) {
    return existing(email)
        .compose(owner ->
            owner != null
                ? Future.succeededFuture(owner)
                : create(email, password, organizationName)
                    .recover(cause ->
                        // Somebody else was faster: theirs is as good.
                        DatabaseFailures.duplicate(cause, AccountRepository.EMAIL_TAKEN)
                            ? existing(email)
                            : Future.failedFuture(cause)));
  }

  private Future<Owner> existing(String email) {
    return accounts
        .credentials(email)
        .compose(found -> {
          if (found.isEmpty()) return Future.succeededFuture();
          var userId = found.get().user().id();
          return accounts
              .organizations(userId)
              .map(organizations ->
                  organizations.stream()
                      .filter(organization -> organization.roleKey().equals("owner"))
                      .findFirst()
                      .map(organization -> new Owner(userId, organization.id()))
                      .orElseThrow(
                          () -> new IllegalStateException("the first user owns no organization")));
        });
  }

  private Future<Owner> create(String email, String password, String organizationName) {
    var passwords = new Passwords(vertx);
    return passwords
        .hash(password)
        .eventually(passwords::close)
        .compose(hash -> {
          var userId = UUID.randomUUID().toString();
          var organizationId = UUID.randomUUID().toString();
          var account =
              new NewAccount(
                  userId,
                  email,
                  null,
                  hash,
                  organizationId,
                  organizationName,
                  "org-" + organizationId.substring(0, 13));
          return accounts
              .create(account, null)
              .compose(_ -> organizations.changeSettings(organizationId, Bootstrap::withShells))
              .map(_ -> new Owner(userId, organizationId));
        });
  }

  // Whoever starts the program on their own machine tries it on that machine.
  private static JsonObject withShells(JsonObject settings) {
    return settings.copy().put("tools", new JsonObject().put("shellRunEnabled", true));
  }

  /** A pairing token for this organization, good for 15 minutes and one agent. */
  public Future<String> pairingToken(String organizationId, String userId) {
    var token = organizationId + "." + Tokens.random(AgentEndpoints.PAIRING_TOKEN_BYTES);
    return agents
        .savePairingToken(
            organizationId,
            Tokens.hash(token),
            clock.instant().plus(AgentEndpoints.PAIRING_TTL),
            userId)
        .map(token);
  }
}
