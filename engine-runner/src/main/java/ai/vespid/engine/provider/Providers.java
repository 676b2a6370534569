package ai.vespid.engine.provider;

import io.micrometer.core.instrument.MeterRegistry;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** All providers of a node by the id of their engine. */
public final class Providers implements AutoCloseable {
  private static final Duration CONNECT_MAX = Duration.ofSeconds(10);

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient http;
  private final Map<String, Provider> byId = new HashMap<>();

  /**
   * @param settings by the id of the engine
   */
  public Providers(
      Map<String, ProviderSettings> settings, GoogleTokens tokens, MeterRegistry meters) {
    // A call's connection is its own, so that closing it ends that call alone.
    http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(CONNECT_MAX)
            .executor(threads)
            .build();
    settings.forEach((id, one) -> byId.put(id, new Provider(id, one, http, tokens, meters)));
  }

  public Optional<Provider> find(String engineId) {
    return Optional.ofNullable(byId.get(engineId));
  }

  @Override
  public void close() {
    http.shutdownNow();
    threads.shutdownNow();
  }
}
