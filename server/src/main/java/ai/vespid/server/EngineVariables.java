package ai.vespid.server;

import static ai.vespid.server.EnvironmentTable.integer;
import static ai.vespid.server.EnvironmentTable.port;
import static ai.vespid.server.EnvironmentTable.secret;
import static ai.vespid.server.EnvironmentTable.text;

import ai.vespid.server.EnvironmentTable.Variable;
import java.util.List;

/** The part of the table that is about engines. */
final class EngineVariables {
  static final List<Variable> ALL =
      List.of(
          port(
              "ENGINE_RUNNER_PORT",
              "3003",
              "HTTP face of the engine runner: open in `conf/engine.json`, elsewhere when set",
              "engine-runner.port"),
          text("ENGINE_RUNNER_HOST", "0.0.0.0", "address of that face", "engine-runner.host"),
          secret(
              "ENGINE_RUNNER_TOKEN",
              "opens that face; else `GATEWAY_SERVICE_TOKEN`",
              "engine-runner.token",
              "control.engineRunnerToken",
              "session-turns.engineRunnerToken",
              "workflow-runner.engineRunnerToken"),
          text(
              "ENGINE_RUNNER_BASE_URL",
              "none: in the cluster",
              "a runner that gateways reach over HTTP",
              "control.engineRunnerBaseUrl",
              "session-turns.engineRunnerBaseUrl",
              "workflow-runner.engineRunnerBaseUrl"),
          integer(
              "ENGINE_RUNNER_TIMEOUT_MS",
              "600000",
              "no answer of such a runner takes longer",
              "control.engineRunnerTimeoutMs",
              "session-turns.engineRunnerTimeoutMs",
              "workflow-runner.engineRunnerTimeoutMs"),
          text(
              "OPENAI_API_BASE_URL",
              "https://api.openai.com",
              "where `llm.openai` is: also Ollama, vLLM and the like",
              "engine-runner.openaiBaseUrl"),
          secret(
              "OPENAI_API_KEY",
              "the operator's key, for sessions that bring none",
              "engine-runner.openaiApiKey"),
          text(
              "ANTHROPIC_API_BASE_URL",
              "https://api.anthropic.com",
              "where `llm.anthropic` is",
              "engine-runner.anthropicBaseUrl"),
          secret("ANTHROPIC_API_KEY", "as above", "engine-runner.anthropicApiKey"),
          text(
              "GEMINI_API_BASE_URL",
              "https://generativelanguage.googleapis.com",
              "where `llm.gemini` is",
              "engine-runner.geminiBaseUrl"),
          secret("GEMINI_API_KEY", "as above", "engine-runner.geminiApiKey"),
          text(
              "VERTEX_API_BASE_URL",
              "by region",
              "where `llm.vertex` is",
              "engine-runner.vertexBaseUrl"),
          text(
              "GOOGLE_VERTEX_CLIENT_ID",
              "none",
              "the application that refreshes logins of Vertex",
              "engine-runner.vertexClientId"),
          secret("GOOGLE_VERTEX_CLIENT_SECRET", "with the id", "engine-runner.vertexClientSecret"));

  private EngineVariables() {}
}
