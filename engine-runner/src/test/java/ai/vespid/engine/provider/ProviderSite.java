package ai.vespid.engine.provider;

import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.engine.Inference;
import ai.vespid.protocol.engine.Inference.Said;
import ai.vespid.protocol.engine.Inference.Tool;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** One provider of each kind, all of them a stand-in. */
final class ProviderSite implements AutoCloseable {
  static final String KEY = "sk-this-is-secret-0123456789";
  static final Tool SHELL =
      new Tool(
          "shell.run",
          "Runs a script.",
          RawJson.of(
              """
              {"type":"object","required":["script"],"properties":{"script":{"type":"string"},\
              "shell":{"enum":["sh","bash"]},"deep":{"type":"array","items":{"type":"integer"}}}}\
              """));

  final Vertx vertx = Vertx.vertx();
  final StandIn standIn = new StandIn(vertx);
  final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  final Providers providers;

  ProviderSite() {
    this(32, 4, Duration.ofSeconds(30));
  }

  ProviderSite(int concurrency, int retries, Duration silence) {
    providers =
        new Providers(
            Map.of(
                "OPENAI", settings(Kind.OPENAI, concurrency, retries, silence),
                "ANTHROPIC", settings(Kind.ANTHROPIC, concurrency, retries, silence),
                "GEMINI", settings(Kind.GEMINI, concurrency, retries, silence)),
            refresh -> "access-of-" + refresh,
            meters);
  }

  private ProviderSettings settings(Kind kind, int concurrency, int retries, Duration silence) {
    return new ProviderSettings(
        kind, standIn.url(), null, null, concurrency, 1, retries, silence, null, null);
  }

  Provider provider(Wire wire) {
    return providers.find(wire.name()).orElseThrow();
  }

  static Inference asked(Said... said) {
    return new Inference("llm.x", "model-x", List.of(said), List.of(SHELL), 100_000, 20_000, null);
  }

  static Inference asked(int charsMax, int timeoutMs) {
    return new Inference(
        "llm.x", "model-x", List.of(new Inference.User("hi")), List.of(), charsMax, timeoutMs);
  }

  ProviderCall ask(Wire wire, Inference asked, Heard heard) {
    return provider(wire).ask(asked, KEY, heard);
  }

  @Override
  public void close() {
    providers.close();
    standIn.close();
    vertx.close().await();
  }
}
