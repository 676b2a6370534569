package ai.vespid.agent.settings;

import java.util.List;

/** What the agent can be told about engines, skills and MCP servers. */
public enum EngineSetting implements Configurable {
  ENGINES(
      Form.TEXT,
      "VESPID_AGENT_ENGINES",
      "engines.enabled",
      "claude,codex,opencode",
      "engines that may run here where their programs are, separated by commas, or none"),
  CLAUDE_PATH(
      Form.TEXT,
      "VESPID_CLAUDE_CODE_PATH",
      "engines.claude.path",
      "claude",
      "the program of Claude Code, a path or a name in PATH"),
  CODEX_PATH(
      Form.TEXT,
      "VESPID_CODEX_PATH",
      "engines.codex.path",
      "codex",
      "the program of Codex, a path or a name in PATH"),
  OPENCODE_PATH(
      Form.TEXT,
      "VESPID_OPENCODE_PATH",
      "engines.opencode.path",
      "opencode",
      "the program of opencode, a path or a name in PATH"),
  CLAUDE_VERIFY(
      Form.TEXT,
      "VESPID_CLAUDE_OAUTH_VERIFY_CMD",
      "engines.claude.verify",
      "claude auth status",
      "a command that ends with 0 when Claude Code has a login; no shell reads it"),
  CODEX_VERIFY(
      Form.TEXT,
      "VESPID_CODEX_OAUTH_VERIFY_CMD",
      "engines.codex.verify",
      "codex login status",
      "a command that ends with 0 when Codex has a login; no shell reads it"),
  PROBE_INTERVAL_MS(
      Form.NUMBER,
      "VESPID_ENGINE_AUTH_PROBE_INTERVAL_MS",
      "engines.probeIntervalMs",
      "60000",
      "how often engines are asked for their login, at least 10000"),
  PROBE_TIMEOUT_MS(
      Form.NUMBER,
      "VESPID_ENGINE_AUTH_PROBE_TIMEOUT_MS",
      "engines.probeTimeoutMs",
      "5000",
      "how long such a command may take, at least 1000"),
  ENGINE_CONCURRENCY(
      Form.NUMBER,
      "VESPID_AGENT_ENGINE_CONCURRENCY",
      "engines.concurrency",
      "4",
      "how many runs of each engine go on at once; others wait"),
  ENGINE_ENV(
      Form.TEXT,
      "VESPID_AGENT_ENGINE_ENV",
      "engines.env",
      "none",
      "variables of the agent that engines get beside their own, separated by commas"),
  STREAM_FLUSH_CHARS(
      Form.NUMBER,
      "VESPID_AGENT_STREAM_FLUSH_CHARS",
      "engines.stream.flushChars",
      "128",
      "so much text of an engine makes an event"),
  STREAM_FLUSH_MS(
      Form.NUMBER,
      "VESPID_AGENT_STREAM_FLUSH_MS",
      "engines.stream.flushMs",
      "80",
      "or what came in this time"),
  STREAM_MAX_EVENTS(
      Form.NUMBER,
      "VESPID_AGENT_STREAM_MAX_EVENTS",
      "engines.stream.maxEvents",
      "800",
      "events of one run; its text goes on in its result alone"),
  STREAM_MAX_CHARS(
      Form.NUMBER,
      "VESPID_AGENT_STREAM_MAX_CHARS",
      "engines.stream.maxChars",
      "200000",
      "text in the events of one run"),
  TOOLS_ALLOW(
      Form.TEXT,
      "VESPID_AGENT_TOOLS_ALLOW",
      "tools.allow",
      "*",
      "skills and MCP tools that may be used here, separated by commas; * ends what stands for more"),
  SKILLS(
      Form.PATH,
      "VESPID_AGENT_SKILLS_DIR",
      "tools.skills",
      "~/.vespid/skills",
      "folder with a folder for each skill"),
  MCP_CONFIG(
      Form.PATH,
      "VESPID_AGENT_MCP_CONFIG",
      "tools.mcpConfig",
      "none",
      "JSON file with MCP servers"),
  MCP_START_MS(
      Form.NUMBER,
      "VESPID_AGENT_MCP_START_TIMEOUT_MS",
      "tools.mcpStartTimeoutMs",
      "30000",
      "how long an MCP server may take to start or to answer a ping, at least 1000");

  private final Form form;
  private final String variable;
  private final String key;
  private final String byDefault;
  private final String description;

  EngineSetting(Form form, String variable, String key, String byDefault, String description) {
    this.form = form;
    this.variable = variable;
    this.key = key;
    this.byDefault = byDefault;
    this.description = description;
  }

  @Override
  public Form form() {
    return form;
  }

  @Override
  public String variable() {
    return variable;
  }

  @Override
  public String key() {
    return key;
  }

  @Override
  public String byDefault() {
    return byDefault;
  }

  @Override
  public String description() {
    return description;
  }

  @Override
  public List<String> aliases() {
    return List.of();
  }
}
