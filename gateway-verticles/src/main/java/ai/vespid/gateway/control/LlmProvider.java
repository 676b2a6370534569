package ai.vespid.gateway.control;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The providers of models that are known by name; others are an operator's own. */
enum LlmProvider {
  OPENAI("OpenAI", "openai", "gpt-5-mini"),
  ANTHROPIC("Anthropic", "anthropic", "claude-sonnet-4-20250514"),
  GEMINI("Gemini", "gemini", "gemini-2.5-flash"),
  VERTEX("Vertex AI", "vertex", "gemini-2.5-flash");

  private final String displayName;
  private final String apiKind;
  private final String usualModel;

  LlmProvider(String displayName, String apiKind, String usualModel) {
    this.displayName = displayName;
    this.apiKind = apiKind;
    this.usualModel = usualModel;
  }

  static Optional<LlmProvider> of(String id) {
    return Arrays.stream(values()).filter(provider -> provider.id().equals(id)).findFirst();
  }

  String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  String displayName() {
    return displayName;
  }

  /** The interface it speaks. */
  String apiKind() {
    return apiKind;
  }

  String usualModel() {
    return usualModel;
  }
}
