package ai.vespid.agent.mcp;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * The file with the servers: {@code {"mcpServers": {"name": {"command": …, "args": […], "env": {…}}
 * | {"url": …, "headers": {…}}}}}, as other programs have it too. {@code ${NAME}} stands for a
 * variable of the agent. A server that is wrong is left out and the others go on.
 *
 * @param problems a code each, with what is wrong behind a colon
 */
record McpConfig(List<McpEntry> servers, List<String> problems) {
  private static final int BYTES_MAX = 1 << 20;
  private static final int SERVERS_MAX = 50;
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,63}");
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{([A-Za-z_][A-Za-z0-9_]*)}");
  // It would be taken for one of ours.
  private static final String RESERVED = "vespid";

  private record Content(Map<String, Server> mcpServers) {}

  private record Server(
      String type,
      String command,
      List<String> args,
      Map<String, String> env,
      String url,
      Map<String, String> headers,
      Boolean disabled) {}

  McpConfig {
    servers = List.copyOf(servers);
    problems = List.copyOf(problems);
  }

  /**
   * Reads the file.
   *
   * @param environment looks a variable of the agent up; null when there is none
   */
  static McpConfig read(Path file, UnaryOperator<String> environment) {
    try {
      if (Files.size(file) > BYTES_MAX) throw new IOException("is larger than 1 MiB");
      return of(Json.read(Files.readAllBytes(file), Content.class), environment);
    } catch (IOException e) {
      return new McpConfig(List.of(), List.of(ErrorCode.MCP_CONFIG_READ_FAILED.with(file)));
    } catch (InvalidMessage e) {
      return new McpConfig(
          List.of(), List.of(ErrorCode.MCP_CONFIG_INVALID_JSON.with(e.getMessage())));
    }
  }

  private static McpConfig of(Content content, UnaryOperator<String> environment) {
    var servers = new ArrayList<McpEntry>();
    var problems = new ArrayList<String>();
    var named = content.mcpServers() == null ? Map.<String, Server>of() : content.mcpServers();
    for (var each : new TreeMap<>(named).entrySet()) {
      if (each.getValue() != null && Boolean.TRUE.equals(each.getValue().disabled())) continue;
      try {
        if (servers.size() == SERVERS_MAX) throw new InvalidMessage(each.getKey(), "is too many");
        servers.add(entry(each.getKey(), each.getValue(), environment));
      } catch (InvalidMessage e) {
        problems.add(ErrorCode.MCP_SERVER_INVALID.with(e.getMessage()));
      } catch (Unset e) {
        problems.add(ErrorCode.MCP_ENV_NOT_SET.with(e.getMessage()));
      }
    }
    return new McpConfig(servers, problems);
  }

  private static McpEntry entry(String name, Server server, UnaryOperator<String> environment)
      throws Unset {
    if (!NAME.matcher(name).matches()) throw new InvalidMessage(name, "must match " + NAME);
    if (name.equals(RESERVED)) throw new InvalidMessage(name, "is reserved");
    Check.required(name, server);
    if ((server.command() == null) == (server.url() == null)) {
      throw new InvalidMessage(name, "must have a command or a url");
    }
    if (server.url() != null) {
      if ("sse".equals(server.type())) throw new InvalidMessage(name, "must be http, not sse");
      var url = Check.url(name + ".url", filled(server.url(), environment));
      return new McpEntry.Http(name, url, filled(server.headers(), environment));
    }
    var arguments = new ArrayList<String>();
    for (var argument : Check.texts(name + ".args", server.args(), 200, 10_000)) {
      arguments.add(filled(argument, environment));
    }
    return new McpEntry.Stdio(
        name,
        filled(server.command(), environment),
        List.copyOf(arguments),
        filled(server.env(), environment));
  }

  /** A variable that is not set; the message is its name. */
  private static final class Unset extends Exception {
    private static final long serialVersionUID = 1L;

    Unset(String name) {
      super(name, null, false, false);
    }
  }

  private static Map<String, String> filled(
      Map<String, String> values, UnaryOperator<String> environment) throws Unset {
    var filled = new HashMap<String, String>();
    if (values == null) return filled;
    for (var each : values.entrySet()) {
      var value = Check.required(each.getKey(), each.getValue());
      filled.put(each.getKey(), filled(value, environment));
    }
    return Map.copyOf(filled);
  }

  private static String filled(String text, UnaryOperator<String> environment) throws Unset {
    var filled = new StringBuilder();
    var matcher = VARIABLE.matcher(text);
    int from = 0;
    while (matcher.find()) {
      var value = environment.apply(matcher.group(1));
      if (value == null) throw new Unset(matcher.group(1));
      filled.append(text, from, matcher.start()).append(value);
      from = matcher.end();
    }
    return filled.append(text, from, text.length()).toString();
  }
}
