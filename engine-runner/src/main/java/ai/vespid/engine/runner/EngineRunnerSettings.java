package ai.vespid.engine.runner;

import ai.vespid.engine.provider.Kind;
import ai.vespid.engine.provider.ProviderSettings;
import ai.vespid.kit.engine.RunnerEngine;
import ai.vespid.protocol.Check;
import ai.vespid.protocol.InvalidMessage;
import java.util.HashMap;
import java.util.Map;

/**
 * The {@code engine-runner} section.
 *
 * @param port of the HTTP face, ENGINE_RUNNER_PORT; absent means that there is none
 * @param token opens the HTTP face, ENGINE_RUNNER_TOKEN; required with a port
 * @param callsMax calls under way at once on one shard; one more is refused
 * @param vertexTokenUrl where Google gives access tokens
 * @param providers more of them, or other settings of those that are always there ({@code openai},
 *     {@code anthropic}, {@code gemini}, {@code vertex}); sessions name them {@code llm.<name>}
 */
public record EngineRunnerSettings(
    String host,
    Integer port,
    String token,
    Integer callsMax,
    String openaiBaseUrl,
    String openaiApiKey,
    String anthropicBaseUrl,
    String anthropicApiKey,
    String geminiBaseUrl,
    String geminiApiKey,
    String vertexBaseUrl,
    String vertexClientId,
    String vertexClientSecret,
    String vertexTokenUrl,
    Map<String, ProviderSettings> providers) {
  private static final String GOOGLE_TOKENS = "https://oauth2.googleapis.com/token";

  public EngineRunnerSettings {
    if (host == null) host = "0.0.0.0";
    if (port != null && (token == null || token.isBlank())) {
      throw new IllegalArgumentException("token is required with a port: set ENGINE_RUNNER_TOKEN");
    }
    if (callsMax == null) callsMax = 2_000;
    Check.range("callsMax", callsMax, 1, 100_000);
    if (vertexTokenUrl == null) vertexTokenUrl = GOOGLE_TOKENS;
    if (vertexClientId != null && (vertexClientSecret == null || vertexClientSecret.isBlank())) {
      throw new InvalidMessage("vertexClientSecret", "is required with vertexClientId");
    }
    providers = providers == null ? Map.of() : Map.copyOf(providers);
    for (var name : providers.keySet()) {
      if (!name.matches("[a-z0-9][a-z0-9-]{0,62}")) {
        throw new InvalidMessage(
            "providers", "names are letters, digits and dashes, in lower case");
      }
    }
  }

  /** All providers by the id of their engine. */
  Map<String, ProviderSettings> engines() {
    var engines = new HashMap<String, ProviderSettings>();
    put(engines, "openai", Kind.OPENAI, openaiBaseUrl, openaiApiKey);
    put(engines, "anthropic", Kind.ANTHROPIC, anthropicBaseUrl, anthropicApiKey);
    put(engines, "gemini", Kind.GEMINI, geminiBaseUrl, geminiApiKey);
    put(engines, "vertex", Kind.VERTEX, vertexBaseUrl, null);
    providers.forEach((name, one) -> engines.putIfAbsent(RunnerEngine.PREFIX + name, one));
    return engines;
  }

  private void put(
      Map<String, ProviderSettings> engines, String name, Kind kind, String baseUrl, String key) {
    var own = providers.getOrDefault(name, ProviderSettings.of(kind));
    engines.put(RunnerEngine.PREFIX + name, own.as(kind).at(blank(baseUrl), blank(key)));
  }

  private static String blank(String text) {
    return text == null || text.isBlank() ? null : text;
  }

  @Override
  public String toString() {
    return "EngineRunnerSettings[port=" + port + ", providers=" + providers.keySet() + "]";
  }
}
