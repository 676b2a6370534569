package ai.vespid.agent.mcp;

import ai.vespid.agent.mcp.McpTransports.Program;
import ai.vespid.agent.sandbox.Marked;
import ai.vespid.protocol.Limits;
import io.modelcontextprotocol.client.McpAsyncClient;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.spec.McpClientTransport;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.Implementation;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Mono;

/** One connection to a server, from its first word to its last. */
final class McpConnection implements AutoCloseable {
  private static final long KILL_GRACE_MS = 500;
  private static final Duration PING_EVERY = Duration.ofSeconds(10);
  private static final Duration CLOSE_MAX = Duration.ofSeconds(2);
  private static final int TOOLS_MAX = 500;

  private final McpAsyncClient client;
  private final Marked marked;
  private final Duration answerMax;
  private final CountDownLatch gone = new CountDownLatch(1);
  private volatile List<Tool> tools = List.of();

  /** Connects, says hello and asks for the tools. Blocks. */
  McpConnection(McpEntry entry, McpHost host) {
    this.answerMax = host.answerMax();
    this.marked = new Marked(host.bootId());
    var transport = transport(entry, host);
    client =
        McpClient.async(transport)
            .clientInfo(Implementation.builder("vespid-agent", host.agentVersion()).build())
            .initializationTimeout(answerMax)
            // Each call brings its own.
            .requestTimeout(Duration.ofMillis(Limits.TIMEOUT_MS_MAX))
            .toolsChangeConsumer(_ -> Mono.fromRunnable(() -> Thread.startVirtualThread(this::ask)))
            .build();
    try {
      client.initialize().block(answerMax);
      tools = list();
      if (transport instanceof Program program) watch(program);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private McpClientTransport transport(McpEntry entry, McpHost host) {
    return switch (entry) {
      case McpEntry.Stdio stdio -> new Program(stdio, host.environment(), marked);
      case McpEntry.Http http -> McpTransports.http(http, host);
    };
  }

  private void watch(Program program) {
    Thread.ofVirtual()
        .name("mcp-exit")
        .start(() -> {
          program.awaitForExit();
          gone.countDown();
        });
  }

  private void ask() {
    try {
      tools = list();
    } catch (RuntimeException e) {
      gone.countDown();
    }
  }

  private List<Tool> list() {
    if (client.getServerCapabilities().tools() == null) return List.of();
    var all = new ArrayList<Tool>();
    String cursor = null;
    do {
      var page = client.listTools(cursor).block(answerMax);
      all.addAll(page.tools());
      cursor = page.nextCursor();
    } while (cursor != null && all.size() < TOOLS_MAX);
    return List.copyOf(all.subList(0, Math.min(TOOLS_MAX, all.size())));
  }

  List<Tool> tools() {
    return tools;
  }

  /** Uses a tool. Throws whatever the SDK throws. */
  CallToolResult call(String tool, Map<String, Object> input, Duration max) {
    return client.callTool(CallToolRequest.builder(tool).arguments(input).build()).block(max);
  }

  /** Blocks until the server is gone, or does not answer any more. */
  void awaitEnd() throws InterruptedException {
    while (!gone.await(PING_EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
      try {
        client.ping().block(answerMax);
      } catch (RuntimeException e) {
        return;
      }
    }
  }

  boolean open() {
    return gone.getCount() > 0;
  }

  @Override
  public void close() {
    gone.countDown();
    try {
      client.closeGracefully().block(CLOSE_MAX);
    } catch (RuntimeException e) {
      client.close();
    }
    marked.end(KILL_GRACE_MS);
  }
}
