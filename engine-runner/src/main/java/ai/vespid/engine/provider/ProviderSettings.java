package ai.vespid.engine.provider;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.InvalidMessage;
import java.time.Duration;

/**
 * One provider.
 *
 * @param kind what it speaks; openai when absent
 * @param baseUrl where it is; the public address of its kind when absent. Only operators set it: a
 *     key is told to no address that somebody else chose (defect D8)
 * @param apiKey the operator's own, for calls that bring none; may be absent
 * @param model asked when a call names none
 * @param concurrency calls that run at once on this shard; more wait
 * @param waitingMax calls that wait at once; more are refused
 * @param retries how often a call that was refused for a passing reason is tried again
 * @param silence a provider that says nothing for so long is given up
 * @param outputTokensMax longest answer that is asked for
 * @param temperature left to the provider when absent
 */
public record ProviderSettings(
    Kind kind,
    String baseUrl,
    String apiKey,
    String model,
    Integer concurrency,
    Integer waitingMax,
    Integer retries,
    Duration silence,
    Integer outputTokensMax,
    Double temperature) {
  public ProviderSettings {
    if (kind == null) kind = Kind.OPENAI;
    if (baseUrl != null && baseUrl.isBlank()) baseUrl = null;
    if (baseUrl != null && !baseUrl.matches("https?://[^/?#@\\s]+(/[^?#\\s]*)?")) {
      throw new InvalidMessage("baseUrl", "must look like https://host:port/path");
    }
    if (apiKey != null && apiKey.isBlank()) apiKey = null;
    Check.optionalText("model", model, 1, 200);
    if (concurrency == null) concurrency = 32;
    if (waitingMax == null) waitingMax = 256;
    if (retries == null) retries = 4;
    if (silence == null) silence = Duration.ofMinutes(2);
    if (outputTokensMax == null) outputTokensMax = kind.outputTokensMax;
    Check.range("concurrency", concurrency, 1, 10_000);
    Check.range("waitingMax", waitingMax, 0, 100_000);
    Check.range("retries", retries, 0, 20);
    Check.range("silence", Math.toIntExact(silence.toMillis()), 100, 600_000);
    Check.optionalRange("outputTokensMax", outputTokensMax, 1, 10_000_000);
  }

  /** One that needs to be told apart by its kind alone. */
  public static ProviderSettings of(Kind kind) {
    return new ProviderSettings(kind, null, null, null, null, null, null, null, null, null);
  }

  /** The same, speaking this. */
  public ProviderSettings as(Kind other) {
    return new ProviderSettings(
        other,
        baseUrl,
        apiKey,
        model,
        concurrency,
        waitingMax,
        retries,
        silence,
        outputTokensMax == null ? other.outputTokensMax : outputTokensMax,
        temperature);
  }

  /** The same at another address and with another key, where they are given. */
  public ProviderSettings at(String otherBaseUrl, String otherKey) {
    return new ProviderSettings(
        kind,
        otherBaseUrl == null ? baseUrl : otherBaseUrl,
        otherKey == null ? apiKey : otherKey,
        model,
        concurrency,
        waitingMax,
        retries,
        silence,
        outputTokensMax,
        temperature);
  }

  String address() {
    if (baseUrl == null && kind.baseUrl == null) return null;
    return kind.complete(baseUrl == null ? kind.baseUrl : baseUrl);
  }

  @Override
  public String toString() {
    return "ProviderSettings[" + kind + ", baseUrl=" + baseUrl + "]";
  }
}
