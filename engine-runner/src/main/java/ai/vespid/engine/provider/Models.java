package ai.vespid.engine.provider;

import dev.langchain4j.model.anthropic.AnthropicStreamingChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.googleai.GoogleAiGeminiStreamingChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;

/**
 * A provider's model, made for one call: it holds the key of whoever asks, and the exchange that
 * ends with the call.
 */
final class Models {
  /** Vertex is asked with a header; the client it shares with Gemini insists on some key. */
  private static final String NO_KEY = "none";

  private Models() {}

  static StreamingChatModel of(
      ProviderSettings settings, String model, Account account, Exchange exchange) {
    return switch (settings.kind()) {
      case OPENAI -> openai(settings, model, account, exchange);
      case ANTHROPIC -> anthropic(settings, model, account, exchange);
      case GEMINI, VERTEX -> gemini(settings, model, account, exchange);
    };
  }

  private static StreamingChatModel openai(
      ProviderSettings settings, String model, Account account, Exchange exchange) {
    return OpenAiStreamingChatModel.builder()
        .httpClientBuilder(exchange)
        .baseUrl(account.address())
        .apiKey(account.key())
        .modelName(model)
        .temperature(settings.temperature())
        .maxTokens(settings.outputTokensMax())
        .build();
  }

  private static StreamingChatModel anthropic(
      ProviderSettings settings, String model, Account account, Exchange exchange) {
    return AnthropicStreamingChatModel.builder()
        .httpClientBuilder(exchange)
        .baseUrl(account.address())
        .apiKey(account.key())
        .modelName(model)
        .temperature(settings.temperature())
        .maxTokens(settings.outputTokensMax())
        .build();
  }

  private static StreamingChatModel gemini(
      ProviderSettings settings, String model, Account account, Exchange exchange) {
    return GoogleAiGeminiStreamingChatModel.builder()
        .httpClientBuilder(exchange)
        .baseUrl(account.address())
        .apiKey(account.key() == null ? NO_KEY : account.key())
        .modelName(model)
        .temperature(settings.temperature())
        .maxOutputTokens(settings.outputTokensMax())
        // Not its thoughts, which are not asked for: the signatures of its calls.
        .returnThinking(true)
        .sendThinking(true)
        .build();
  }
}
