package ai.vespid.agent.mcp;

import ai.vespid.agent.sandbox.Marked;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.client.transport.ServerParameters;
import io.modelcontextprotocol.client.transport.StdioClientTransport;
import io.modelcontextprotocol.json.McpJsonDefaults;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** How servers are reached. */
final class McpTransports {
  /** Not the agent's whole environment: what a program needs to run. */
  private static final List<String> INHERITED =
      List.of("PATH", "HOME", "USER", "TMPDIR", "LANG", "LC_ALL");

  private static final int MESSAGE_CHARS_MAX = 8 * 1024 * 1024;

  private McpTransports() {}

  /** A program with an environment of its own, told from others by a mark. */
  static final class Program extends StdioClientTransport {
    Program(McpEntry.Stdio entry, UnaryOperator<String> environment, Marked marked) {
      super(
          ServerParameters.builder(entry.command())
              .args(entry.arguments())
              .env(variables(entry, environment, marked))
              .build(),
          McpJsonDefaults.getMapper(),
          MESSAGE_CHARS_MAX);
      // What it says there may be anything; nobody asked for it.
      setStdErrorHandler(_ -> {});
    }

    @Override
    protected ProcessBuilder getProcessBuilder() {
      var builder = new ProcessBuilder();
      builder.environment().clear();
      return builder;
    }
  }

  private static Map<String, String> variables(
      McpEntry.Stdio entry, UnaryOperator<String> environment, Marked marked) {
    var variables = new HashMap<String, String>();
    for (var name : INHERITED) {
      var value = environment.apply(name);
      if (value != null) variables.put(name, value);
    }
    variables.putAll(entry.environment());
    marked.mark(variables);
    return variables;
  }

  static HttpClientStreamableHttpTransport http(McpEntry.Http entry, McpHost host) {
    var url = URI.create(entry.url());
    var request = HttpRequest.newBuilder();
    entry.headers().forEach(request::setHeader);
    var query = url.getRawQuery() == null ? "" : "?" + url.getRawQuery();
    return HttpClientStreamableHttpTransport.builder(
            url.getScheme() + "://" + url.getRawAuthority())
        .endpoint((url.getRawPath().isEmpty() ? "/" : url.getRawPath()) + query)
        .requestBuilder(request)
        .connectTimeout(host.answerMax())
        // A redirect would carry the headers, which may be secret, to wherever it points.
        .customizeClient(
            client -> host.outward().use(client.followRedirects(HttpClient.Redirect.NEVER)))
        .maxResponseSize(MESSAGE_CHARS_MAX)
        .build();
  }
}
