package ai.vespid.gateway.control;

import ai.vespid.sql.RunQuota;
import java.util.List;

/**
 * How the control plane is served. Secrets have no default: without them it does not start.
 *
 * @param publicGatewayWsUrl what paired agents are told to connect to, GATEWAY_WS_URL
 * @param publicApiUrl what installation commands name
 * @param webBaseUrl the one origin that browsers may call from
 * @param authTokenSecret signs access tokens, AUTH_TOKEN_SECRET
 * @param oauthStateSecret signs logins under way at a provider, OAUTH_STATE_SECRET; only needed
 *     with one
 * @param oauthContextTtlSec how long such a login may take
 * @param googleClientId what Google calls us, or null to do without; with its secret
 * @param githubClientId what GitHub calls us, or null to do without; with its secret
 * @param githubUrl where people log in; another for GitHub Enterprise, and then githubApiUrl, too
 * @param serviceToken opens {@code /internal/v1}, INTERNAL_API_SERVICE_TOKEN
 * @param secureCookie true behind TLS
 * @param trustForwardedFor true behind a proxy that sets X-Forwarded-For
 * @param orgContextEnforcement {@code strict}, or {@code warn} to do without X-Org-Id
 * @param staleAfterMs GATEWAY_AGENT_STALE_MS; decides online only when no registry answers
 * @param webhooksPerMinute how often one address may fire webhooks, right or wrong
 * @param runQuotaTier of organizations whose settings name none, WORKFLOW_RUN_QUOTA_TIER
 * @param engineRunnerBaseUrl tries keys over HTTP there, ENGINE_RUNNER_BASE_URL, with its token;
 *     absent means the runners of the cluster
 */
public record ControlSettings(
    String host,
    Integer port,
    String publicGatewayWsUrl,
    String publicApiUrl,
    String webBaseUrl,
    String authTokenSecret,
    String serviceToken,
    Integer accessTokenTtlSec,
    Integer sessionTtlSec,
    String sessionCookieName,
    boolean secureCookie,
    boolean trustForwardedFor,
    String orgContextEnforcement,
    Integer staleAfterMs,
    List<String> systemAdminEmails,
    Integer signupsPerMinute,
    Integer loginsPerMinute,
    Integer pairingsPerMinute,
    Integer webhooksPerMinute,
    String runQuotaTier,
    Boolean installerEnabled,
    String installerRepository,
    String installerChannel,
    String installerDocsUrl,
    String oauthStateSecret,
    Integer oauthContextTtlSec,
    String googleClientId,
    String googleClientSecret,
    String googleAuthorizeUrl,
    String googleTokenUrl,
    String githubClientId,
    String githubClientSecret,
    String githubUrl,
    String githubApiUrl,
    String engineRunnerBaseUrl,
    String engineRunnerToken,
    Integer engineRunnerTimeoutMs) {
  private static final int SECRET_LENGTH_MIN = 16;

  public ControlSettings {
    host = or(host, "0.0.0.0");
    port = within("port", or(port, 3001), 0, 65_535);
    publicGatewayWsUrl = or(publicGatewayWsUrl, "ws://localhost:3002/ws/executor");
    publicApiUrl = or(publicApiUrl, "http://localhost:3001");
    webBaseUrl = or(webBaseUrl, "http://localhost:3000");
    secret("authTokenSecret", "AUTH_TOKEN_SECRET", authTokenSecret);
    secret("serviceToken", "INTERNAL_API_SERVICE_TOKEN", serviceToken);
    accessTokenTtlSec = within("accessTokenTtlSec", or(accessTokenTtlSec, 900), 1, 86_400);
    sessionTtlSec = within("sessionTtlSec", or(sessionTtlSec, 604_800), 1, 31_536_000);
    sessionCookieName = or(sessionCookieName, "vespid_session");
    orgContextEnforcement = or(orgContextEnforcement, "strict");
    if (!List.of("strict", "warn").contains(orgContextEnforcement)) {
      throw new IllegalArgumentException("orgContextEnforcement must be strict or warn");
    }
    staleAfterMs = Math.clamp(or(staleAfterMs, 60_000), 30_000, 300_000);
    systemAdminEmails = systemAdminEmails == null ? List.of() : List.copyOf(systemAdminEmails);
    signupsPerMinute = within("signupsPerMinute", or(signupsPerMinute, 30), 1, 1_000_000);
    loginsPerMinute = within("loginsPerMinute", or(loginsPerMinute, 30), 1, 1_000_000);
    pairingsPerMinute = within("pairingsPerMinute", or(pairingsPerMinute, 600), 1, 1_000_000);
    webhooksPerMinute = within("webhooksPerMinute", or(webhooksPerMinute, 600), 1, 1_000_000);
    runQuotaTier = or(runQuotaTier, "free");
    if (RunQuota.ofTier(runQuotaTier) == null) {
      throw new IllegalArgumentException("runQuotaTier must be free, pro or enterprise");
    }
    installerEnabled = or(installerEnabled, true);
    installerRepository = or(installerRepository, "vespid-ai/vespid");
    installerChannel = or(installerChannel, "latest");
    oauthContextTtlSec = within("oauthContextTtlSec", or(oauthContextTtlSec, 600), 1, 86_400);
    googleAuthorizeUrl = or(googleAuthorizeUrl, "https://accounts.google.com/o/oauth2/v2/auth");
    googleTokenUrl = or(googleTokenUrl, "https://oauth2.googleapis.com/token");
    githubUrl = or(githubUrl, "https://github.com");
    githubApiUrl = or(githubApiUrl, "https://api.github.com");
    engineRunnerTimeoutMs = or(engineRunnerTimeoutMs, 600_000);
    together("GOOGLE", googleClientId, googleClientSecret);
    together("GITHUB", githubClientId, githubClientSecret);
    if (googleClientId != null || githubClientId != null) {
      secret("oauthStateSecret", "OAUTH_STATE_SECRET", oauthStateSecret);
    }
  }

  private static void together(String provider, String clientId, String clientSecret) {
    if ((clientId == null) == (clientSecret == null)) return;
    throw new IllegalArgumentException(
        "%s_CLIENT_ID and %s_CLIENT_SECRET go together; set both or none"
            .formatted(provider, provider));
  }

  boolean orgContextRequired() {
    return orgContextEnforcement.equals("strict");
  }

  private static <T> T or(T value, T otherwise) {
    return value == null ? otherwise : value;
  }

  private static int within(String name, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          "%s must be from %d to %d: %d".formatted(name, min, max, value));
    }
    return value;
  }

  private static void secret(String name, String variable, String value) {
    if (value == null || value.length() < SECRET_LENGTH_MIN) {
      throw new IllegalArgumentException(
          "%s must have at least %d characters; set %s"
              .formatted(name, SECRET_LENGTH_MIN, variable));
    }
  }

  /** Without the secrets. */
  @Override
  public String toString() {
    return "ControlSettings[host=%s, port=%d]".formatted(host, port);
  }
}
