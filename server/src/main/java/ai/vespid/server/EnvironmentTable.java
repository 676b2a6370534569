package ai.vespid.server;

import java.util.List;
import java.util.stream.Stream;

/**
 * Every environment variable the server reads, in one table: what it sets, what it may be, and what
 * the README says about it.
 */
public final class EnvironmentTable {
  /** What a value must look like. */
  public enum Form {
    TEXT,
    INTEGER,
    PORT,
    /** {@code true} or {@code false}. */
    FLAG,
    /** Never shown, not even when it is wrong. */
    SECRET
  }

  /**
   * One variable.
   *
   * @param byDefault for people; the settings records hold the defaults
   * @param targets {@code verticle.key}, each of which it sets where the verticle is configured
   */
  public record Variable(
      String name, Form form, String byDefault, List<String> targets, String description) {}

  private static final List<Variable> OF_THE_GATEWAY =
      List.of(
          port("API_PORT", "3001", "control API", "control.port"),
          text("API_HOST", "0.0.0.0", "address of the control API", "control.host"),
          port(
              "GATEWAY_PORT",
              "3002",
              "gateway: agents, internal API, workspaces",
              "executor-edge.port",
              "client-edge.port",
              "ingress.port",
              "workspaces.port"),
          text(
              "GATEWAY_HOST",
              "0.0.0.0",
              "address of the gateway",
              "executor-edge.host",
              "client-edge.host",
              "ingress.host",
              "workspaces.host"),
          text(
              "GATEWAY_TLS_CERT_FILE",
              "none: in clear",
              "certificate of the gateway's port, PEM; `GATEWAY_INTERNAL_PORT` stays in clear",
              "executor-edge.tlsCertFile"),
          text("GATEWAY_TLS_KEY_FILE", "none", "its key, PKCS#8", "executor-edge.tlsKeyFile"),
          text(
              "GATEWAY_TLS_CLIENT_AUTH",
              "none",
              "certificates of agents: none, optional or required",
              "executor-edge.tlsClientAuth"),
          text(
              "GATEWAY_TLS_CLIENT_CA_FILE",
              "none",
              "the authorities that vouch for agents",
              "executor-edge.tlsClientCaFile"),
          text(
              "GATEWAY_TLS_CLIENT_CRL_FILE",
              "none",
              "their revocation lists, read again when they change",
              "executor-edge.tlsClientCrlFile"),
          text(
              "GATEWAY_TLS_TRUSTED_PROXIES",
              "none",
              "proxies that end TLS before the port; their `X-SSL-Client-Cert` is believed",
              "executor-edge.tlsTrustedProxies"),
          text(
              "GATEWAY_SIGNING_KEY_FILE",
              "none",
              "Ed25519 keys (PEM) that sign commands for agents that want it",
              "executor-edge.signingKeyFile"),
          port(
              "GATEWAY_INTERNAL_PORT",
              "`GATEWAY_PORT`",
              "serves `/internal/v1` on a port of its own",
              "ingress.internalPort"),
          secret(
              "GATEWAY_SERVICE_TOKEN",
              "opens `/internal/v1` of the gateway",
              "ingress.serviceToken",
              "workflow-runner.serviceToken",
              "continuation-poller.serviceToken"),
          secret(
              "INTERNAL_API_SERVICE_TOKEN",
              "opens `/internal/v1` of the control API; else `GATEWAY_SERVICE_TOKEN`",
              "control.serviceToken"),
          integer(
              "GATEWAY_AGENT_STALE_MS",
              "60000",
              "a silent agent is disconnected after this, at least 5000",
              "executor-edge.staleMs",
              "control.staleAfterMs"),
          integer(
              "GATEWAY_RESULTS_TTL_SEC",
              "900",
              "how long results can be read, at least 30",
              "result-store.ttlSec",
              "dispatch-router.resultsTtlSec"),
          integer(
              "GATEWAY_ORG_MAX_INFLIGHT",
              "50",
              "dispatches of one organization that run at once",
              "dispatch-router.orgMaxInFlight"),
          integer(
              "GATEWAY_EXECUTOR_REPLY_GRACE_MS",
              "5000",
              "how much longer than its deadline an answer is awaited, at least 500",
              "ingress.replyGraceMs"),
          text(
              "SESSION_MEMORY_ROOT",
              "`/tmp/vespid-memory`",
              "where this node's copies of what sessions remember are; people may edit them",
              "session-memory.root"),
          text(
              "VESPID_QMD_COMMAND",
              "qmd",
              "the program that searches for the memory provider `qmd`; `builtin` answers without it",
              "session-memory.qmdCommand"),
          text(
              "GATEWAY_WS_URL",
              "`ws://localhost:GATEWAY_PORT/ws/executor`",
              "what paired agents connect to",
              "control.publicGatewayWsUrl"),
          text(
              "GATEWAY_HTTP_URL",
              "`http://localhost:GATEWAY_PORT`",
              "where agents reach workspaces, and workers the gateway",
              "dispatch-router.publicUrl",
              "workflow-runner.gatewayUrl",
              "continuation-poller.gatewayUrl"),
          text(
              "API_HTTP_URL",
              "`http://localhost:API_PORT`",
              "what installation commands name",
              "control.publicApiUrl"),
          integer(
              "GATEWAY_TOOL_OUTPUT_MAX_CHARS",
              "200000",
              "longest output of a task, 10000 to 1000000",
              "executor-edge.toolOutputCharsMax"),
          text("GATEWAY_LOG_LEVEL", "info", "error, warn, info, debug or trace"),
          text("GATEWAY_ROLE", "all", "which `conf/<role>.json` is deployed"),
          text("GATEWAY_NODE_NAME", "`node.name`", "what people call this node", "node.name"),
          text(
              "CLUSTER_MEMBERS",
              "none: alone",
              "`host:port` of some gateways, separated by commas",
              "cluster.members"),
          text(
              "CLUSTER_HOST",
              "127.0.0.1",
              "this node's address on the private network between gateways",
              "cluster.host"),
          port("CLUSTER_PORT", "5701", "membership of the cluster", "cluster.port"),
          port(
              "CLUSTER_PUBLIC_PORT",
              "`CLUSTER_PORT`",
              "the port others reach it at",
              "cluster.publicPort"),
          port("CLUSTER_BUS_PORT", "a free one", "messages between gateways", "cluster.busPort"),
          port(
              "CLUSTER_BUS_PUBLIC_PORT",
              "`CLUSTER_BUS_PORT`",
              "the port others reach it at",
              "cluster.busPublicPort"),
          text(
              "CLUSTER_KUBERNETES_SERVICE",
              "none",
              "a headless service that names the gateways",
              "cluster.kubernetesService"),
          text(
              "CLUSTER_TLS_CERT_FILE",
              "none: in clear",
              "this node's certificate for messages between gateways, PEM",
              "cluster.tlsCertFile"),
          text("CLUSTER_TLS_KEY_FILE", "none", "its key", "cluster.tlsKeyFile"),
          text(
              "CLUSTER_TLS_CA_FILE",
              "none",
              "the authority that vouches for the gateways and for nobody else",
              "cluster.tlsCaFile"),
          secret("DATABASE_URL", "`postgres://user:password@host:5432/database`"),
          secret("REDIS_URL", "`redis://:password@host:6379`"),
          text("SECRETS_KEK_ID", "vespid-1", "name of the key that seals stored secrets"),
          secret("SECRETS_KEK_BASE64", "the key that seals stored secrets, 32 bytes in base64"),
          secret("SECRETS_KEK_OLD", "`id=key,id=key`: keys before it, until `secrets rotate` ran"),
          text(
              "WORKFLOW_RUN_QUOTA_TIER",
              "free",
              "runs an organization may have: free, pro or enterprise",
              "control.runQuotaTier",
              "scheduler.runQuotaTier"),
          secret(
              "AUTH_TOKEN_SECRET",
              "signs access tokens, at least 16 characters",
              "control.authTokenSecret",
              "client-edge.authTokenSecret"),
          secret("REFRESH_TOKEN_SECRET", "accepted; refresh tokens are random and need no key"),
          secret(
              "WORKSPACE_SIGNING_SECRET",
              "signs workspace addresses, the same on all gateways",
              "workspaces.signingSecret",
              "dispatch-router.signingSecret"),
          integer(
              "ACCESS_TOKEN_TTL_SEC",
              "900",
              "life of an access token",
              "control.accessTokenTtlSec"),
          integer("SESSION_TTL_SEC", "604800", "life of a login", "control.sessionTtlSec"),
          text(
              "SESSION_COOKIE_NAME",
              "vespid_session",
              "cookie of a login",
              "control.sessionCookieName",
              "client-edge.sessionCookieName"),
          flag(
              "SESSION_COOKIE_SECURE",
              "sends that cookie over TLS only: `true` or `false`",
              "control.secureCookie"),
          flag(
              "TRUST_FORWARDED_FOR",
              "`true` behind a proxy that sets X-Forwarded-For and is the only way in",
              "control.trustForwardedFor"),
          text(
              "WEB_BASE_URL",
              "http://localhost:3000",
              "the origin browsers may call from",
              "control.webBaseUrl",
              "client-edge.webBaseUrl"),
          secret(
              "OAUTH_STATE_SECRET",
              "signs logins by Google or GitHub while they are under way",
              "control.oauthStateSecret"),
          integer(
              "OAUTH_CONTEXT_TTL_SEC",
              "600",
              "time for such a login",
              "control.oauthContextTtlSec"),
          text("GOOGLE_CLIENT_ID", "none", "logins by Google", "control.googleClientId"),
          secret("GOOGLE_CLIENT_SECRET", "with the id", "control.googleClientSecret"),
          text("GITHUB_CLIENT_ID", "none", "logins by GitHub", "control.githubClientId"),
          secret("GITHUB_CLIENT_SECRET", "with the id", "control.githubClientSecret"),
          text(
              "GITHUB_BASE_URL",
              "https://github.com",
              "where they log in, such as a GitHub Enterprise Server",
              "control.githubUrl"),
          text(
              "GITHUB_API_BASE_URL",
              "https://api.github.com",
              "the interface of the same GitHub",
              "control.githubApiUrl"),
          text(
              "ORG_CONTEXT_ENFORCEMENT",
              "strict",
              "`strict`, or `warn` to do without X-Org-Id",
              "control.orgContextEnforcement"),
          text("VESPID_HOME", "~/.vespid", "data, secrets and agent of `vespid up`"),
          text("VESPID_CONFIG", "`conf/<role>.json`", "the configuration file"),
          secret("VESPID_ACCESS_TOKEN", "who calls in `vespid workflow --api … --org …`"),
          text("VESPID_OWNER_EMAIL", "owner@vespid.local", "first owner `vespid up` creates"));

  public static final List<Variable> ALL =
      Stream.of(OF_THE_GATEWAY, WorkerVariables.ALL, EngineVariables.ALL)
          .flatMap(List::stream)
          .toList();

  private EnvironmentTable() {}

  static Variable port(String name, String byDefault, String text, String... targets) {
    return new Variable(name, Form.PORT, byDefault, List.of(targets), text);
  }

  static Variable integer(String name, String byDefault, String text, String... targets) {
    return new Variable(name, Form.INTEGER, byDefault, List.of(targets), text);
  }

  static Variable text(String name, String byDefault, String text, String... targets) {
    return new Variable(name, Form.TEXT, byDefault, List.of(targets), text);
  }

  static Variable flag(String name, String text, String... targets) {
    return new Variable(name, Form.FLAG, "false", List.of(targets), text);
  }

  static Variable secret(String name, String text, String... targets) {
    return new Variable(name, Form.SECRET, "none", List.of(targets), text);
  }

  /** The table as the README shows it. */
  public static String markdown() {
    var text = new StringBuilder("| Variable | Default | Meaning |\n| --- | --- | --- |\n");
    for (var v : ALL) {
      text.append("| `%s` | %s | %s |\n".formatted(v.name(), v.byDefault(), v.description()));
    }
    return text.toString();
  }
}
