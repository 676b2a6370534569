package ai.vespid.engine.provider;

import ai.vespid.protocol.ErrorCode;
import com.fasterxml.jackson.annotation.JsonProperty;

/** The interfaces that providers speak, and the codes their failures have. */
public enum Kind {
  /** Also what Ollama, vLLM and most gateways in front of models speak. */
  @JsonProperty("openai")
  OPENAI(
      "https://api.openai.com",
      "/v1",
      null,
      ErrorCode.OPENAI_REQUEST_FAILED,
      ErrorCode.OPENAI_RESPONSE_INVALID,
      ErrorCode.OPENAI_RESPONSE_EMPTY,
      ErrorCode.OPENAI_UNAVAILABLE),
  @JsonProperty("anthropic")
  ANTHROPIC(
      "https://api.anthropic.com",
      "/v1",
      4_096,
      ErrorCode.ANTHROPIC_REQUEST_FAILED,
      ErrorCode.ANTHROPIC_RESPONSE_INVALID,
      ErrorCode.ANTHROPIC_RESPONSE_EMPTY,
      ErrorCode.ANTHROPIC_UNAVAILABLE),
  @JsonProperty("gemini")
  GEMINI(
      "https://generativelanguage.googleapis.com",
      "/v1beta",
      8_192,
      ErrorCode.GEMINI_REQUEST_FAILED,
      ErrorCode.GEMINI_RESPONSE_INVALID,
      ErrorCode.GEMINI_RESPONSE_EMPTY,
      ErrorCode.GEMINI_UNAVAILABLE),
  /** Its address names the region, which is part of the secret. */
  @JsonProperty("vertex")
  VERTEX(
      null,
      "/v1",
      8_192,
      ErrorCode.VERTEX_REQUEST_FAILED,
      ErrorCode.VERTEX_RESPONSE_INVALID,
      ErrorCode.VERTEX_RESPONSE_EMPTY,
      ErrorCode.VERTEX_UNAVAILABLE);

  final String baseUrl;
  final String path;

  /** How long an answer may be when nothing else is configured; null leaves it to the provider. */
  final Integer outputTokensMax;

  final ErrorCode refused;
  final ErrorCode invalid;
  final ErrorCode empty;
  final ErrorCode unavailable;

  Kind(
      String baseUrl,
      String path,
      Integer outputTokensMax,
      ErrorCode refused,
      ErrorCode invalid,
      ErrorCode empty,
      ErrorCode unavailable) {
    this.baseUrl = baseUrl;
    this.path = path;
    this.outputTokensMax = outputTokensMax;
    this.refused = refused;
    this.invalid = invalid;
    this.empty = empty;
    this.unavailable = unavailable;
  }

  /** Whether a model can have this name. Google's stand in the path of the request. */
  boolean names(String model) {
    boolean inPath = this == GEMINI || this == VERTEX;
    return model.matches(inPath ? "[A-Za-z0-9._@-]+" : "[\\x21-\\x7E]+");
  }

  /** An address without a path gets the usual one; one with a path is taken as it is. */
  String complete(String address) {
    var trimmed = address.replaceAll("/+$", "");
    return trimmed.matches("https?://[^/]+") ? trimmed + path : trimmed;
  }
}
