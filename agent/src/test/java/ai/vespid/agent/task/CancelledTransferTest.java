package ai.vespid.agent.task;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.agent.TestGateway;
import ai.vespid.agent.engine.NodeEngines;
import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.agent.sandbox.HostSandbox;
import ai.vespid.agent.sandbox.Sandboxes;
import ai.vespid.agent.tool.Tools;
import ai.vespid.agent.workspace.WorkspaceCache;
import ai.vespid.protocol.executor.ExecutorFrame.ToolResult;
import ai.vespid.protocol.executor.GatewayFrame.InvokeTool;
import ai.vespid.protocol.executor.GatewayFrame.Upload;
import ai.vespid.protocol.executor.GatewayFrame.Workspace;
import ai.vespid.protocol.executor.GatewayFrame.WorkspaceAccess;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store that would take minutes, and a run that is cancelled while it waits for it. */
class CancelledTransferTest {
  private static final int SOON_SEC = 10;

  @TempDir Path directory;

  private final Vertx vertx = Vertx.vertx();
  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Cancellation cancellation = new Cancellation();
  private HttpServer server;
  private TaskRunner runner;

  @BeforeEach
  void start() throws IOException {
    server = vertx.createHttpServer().requestHandler(this::answer).listen(0, "127.0.0.1").await();
    var sandbox = new HostSandbox("boot", 300, 4_096, System::getenv);
    var cache = new WorkspaceCache(directory, WorkspaceCache.Limits.defaults());
    runner =
        new TaskRunner(Sandboxes.only(sandbox), Map.of(), cache, NodeEngines.none(), Tools.none());
  }

  @AfterEach
  void stop() {
    vertx.close().await();
  }

  private void answer(HttpServerRequest request) {
    request.connection().closeHandler(_ -> ended.countDown());
    switch (request.path()) {
      case "/drips" -> {
        var response = request.response().putHeader("content-length", "1000000");
        vertx.setPeriodic(
            20,
            _ -> {
              if (!response.closed()) response.write(Buffer.buffer("x"));
            });
        begun.countDown();
      }
      case "/never" -> begun.countDown();
      default -> {
        // Takes what it is sent and never says that it has it.
        request.handler(_ -> begun.countDown());
      }
    }
  }

  private String url(String path) {
    return "http://127.0.0.1:" + server.actualPort() + path;
  }

  private static InvokeTool invoke(long version, String download, String upload) {
    var shell = TestGateway.shell("request-01", 1, "echo x > file");
    return new InvokeTool(
        shell.requestId(),
        shell.epoch(),
        shell.organizationId(),
        shell.userId(),
        shell.kind(),
        shell.payload(),
        null,
        shell.toolPolicy(),
        new Workspace(shell.workspace().workspaceId(), version, "k" + version, "\"e\""),
        new WorkspaceAccess(download, new Upload(upload, "k" + (version + 1), version + 1)),
        null,
        null);
  }

  private void endsWhenItIsCancelled(InvokeTool invoke) throws Exception {
    var result = new CompletableFuture<ToolResult>();
    Thread.ofVirtual().start(() -> result.complete(runner.run(invoke, cancellation, _ -> {})));
    assertThat(begun.await(SOON_SEC, SECONDS)).isTrue();

    cancellation.cancel();

    assertThat(result.get(SOON_SEC, SECONDS).error()).isEqualTo("DISPATCH_CANCELED");
    assertThat(ended.await(SOON_SEC, SECONDS)).as("the connection is given up").isTrue();
    try (var files = Files.walk(directory.resolve("checkouts"))) {
      assertThat(files.map(Path::getFileName).map(Path::toString))
          .noneMatch(name -> name.matches("(task|download|upload)-.*"));
    }
  }

  @Test
  void aDownloadThatDripsEnds() throws Exception {
    endsWhenItIsCancelled(invoke(1, url("/drips"), url("/unused")));
  }

  @Test
  void aDownloadThatIsNotAnsweredEnds() throws Exception {
    endsWhenItIsCancelled(invoke(1, url("/never"), url("/unused")));
  }

  @Test
  void anUploadThatIsNotAnsweredEnds() throws Exception {
    endsWhenItIsCancelled(invoke(0, null, url("/swallows")));
  }

  @Test
  void whatWasCancelledBeforeIsNotEvenFetched() throws Exception {
    cancellation.cancel();

    var result = runner.run(invoke(1, url("/drips"), url("/unused")), cancellation, _ -> {});

    assertThat(result.error()).isEqualTo("DISPATCH_CANCELED");
  }
}
