package ai.vespid.gateway.control;

import ai.vespid.kit.crypto.Tokens;
import ai.vespid.protocol.Check;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.sql.AccountRepository;
import ai.vespid.sql.AccountRepository.Session;
import ai.vespid.sql.OrganizationRepository;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import io.vertx.openapi.contract.Operation;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Who may call an operation: what the document says about it ({@code security}, {@code x-role} and
 * {@code orgId} in the path), in this order: caller, organization, role.
 */
final class Gate {
  /** Where an operation's {@code security} stands once the document is loaded. */
  static final String SECURITY = "x-security";

  private static final String ADMIN = "admin";
  private static final Duration TOUCH_EVERY = Duration.ofMinutes(1);

  private final Sessions sessions;
  private final AccountRepository accounts;
  private final OrganizationRepository organizations;
  private final ControlSettings settings;
  private final InstantSource clock;

  Gate(
      Sessions sessions,
      AccountRepository accounts,
      OrganizationRepository organizations,
      ControlSettings settings,
      InstantSource clock) {
    this.sessions = sessions;
    this.accounts = accounts;
    this.organizations = organizations;
    this.settings = settings;
    this.clock = clock;
  }

  Future<Call> admit(RoutingContext context, Operation operation) {
    var schemes = schemes(operation);
    if (schemes.isEmpty()) return Future.succeededFuture(call(context, null, null, null));
    if (schemes.contains("serviceToken")) return admitService(context);
    return authenticate(context)
        .compose(caller ->
            ofOrganization(operation)
                ? admitMember(context, operation, caller)
                : Future.succeededFuture(call(context, caller, null, null)));
  }

  /**
   * True when the operation works on one organization, and so needs its context and a role.
   *
   * @throws IllegalStateException when the document forgets to say which role
   */
  static boolean ofOrganization(Operation operation) {
    if (!operation.getOpenAPIPath().contains("{orgId}")) return false;
    if (operation.getOpenAPIModel().getString("x-role") == null) {
      throw new IllegalStateException("no x-role for " + operation.getOperationId());
    }
    return true;
  }

  private static Set<String> schemes(Operation operation) {
    return operation.getOpenAPIModel().getJsonArray(SECURITY).stream()
        .flatMap(alternative -> ((JsonObject) alternative).fieldNames().stream())
        .collect(Collectors.toSet());
  }

  private static Call call(RoutingContext context, Caller caller, String org, String role) {
    return new Call(context, caller, org, role, null);
  }

  private Future<Call> admitService(RoutingContext context) {
    var request = context.request();
    boolean good =
        Tokens.same(settings.serviceToken(), request.getHeader("X-Service-Token"))
            || Tokens.same(settings.serviceToken(), request.getHeader("X-Gateway-Token"));
    return good
        ? Future.succeededFuture(call(context, null, null, null))
        : Future.failedFuture(new Problem(ErrorCode.UNAUTHORIZED, "service token required"));
  }

  private Future<Caller> authenticate(RoutingContext context) {
    var request = context.request();
    return sessions
        .ofBearer(request)
        .compose(byBearer -> {
          if (byBearer.isPresent()) return Future.succeededFuture(caller(byBearer.get()));
          return sessions
              .ofCookie(request)
              .map(byCookie -> {
                var session =
                    byCookie.orElseThrow(
                        () -> new Problem(ErrorCode.UNAUTHORIZED, "authentication required"));
                context.response().putHeader("x-access-token", sessions.accessToken(session));
                return caller(session);
              });
        });
  }

  private Caller caller(Session session) {
    // Not on every request: a write per read would be the dearest part of it.
    if (session.lastUsedAt().plus(TOUCH_EVERY).isBefore(clock.instant())) {
      accounts.touch(session.id());
    }
    return new Caller(session.user(), session.id());
  }

  private Future<Call> admitMember(RoutingContext context, Operation operation, Caller caller) {
    var organizationId = context.pathParam("orgId");
    var problem = contextProblem(context, organizationId);
    if (problem != null) return Future.failedFuture(problem);
    return organizations
        .role(organizationId, caller.userId())
        .map(found -> {
          var role =
              found.orElseThrow(() ->
                  new Problem(ErrorCode.ORG_ACCESS_DENIED, "not a member of this organization"));
          if (ADMIN.equals(operation.getOpenAPIModel().getString("x-role"))
              && role.equals("member")) {
            throw new Problem(ErrorCode.FORBIDDEN, "owners and admins only");
          }
          return call(context, caller, organizationId, role);
        });
  }

  private Problem contextProblem(RoutingContext context, String organizationId) {
    var header = context.request().getHeader("X-Org-Id");
    if (!Check.isUuid(organizationId)) {
      return new Problem(ErrorCode.INVALID_ORG_CONTEXT, "the organization id must be a UUID");
    }
    if (header == null || header.isBlank()) {
      if (settings.orgContextRequired()) {
        return new Problem(ErrorCode.ORG_CONTEXT_REQUIRED, "the header X-Org-Id is required");
      }
      context.response().putHeader("x-org-context-warning", "X-Org-Id is missing");
      return null;
    }
    return header.equalsIgnoreCase(organizationId)
        ? null
        : new Problem(
            ErrorCode.INVALID_ORG_CONTEXT, "X-Org-Id must be the UUID of the path's organization");
  }
}
