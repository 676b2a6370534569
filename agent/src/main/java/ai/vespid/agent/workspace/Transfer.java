package ai.vespid.agent.workspace;

import ai.vespid.agent.AgentFailure;
import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.agent.trust.GatewayHttp;
import ai.vespid.protocol.ErrorCode;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * Archives over HTTP, streamed. URLs carry their permission and appear in no error. A transfer ends
 * at once, with DISPATCH_CANCELED, when its run is cancelled: a slow store must not hold the place
 * of work that nobody wants any more.
 */
final class Transfer {
  private final Duration transferMax;
  private final GatewayHttp http;

  Transfer(Duration transferMax, GatewayHttp http) {
    this.transferMax = transferMax;
    this.http = http;
  }

  /** Fetches into {@code file}; at most {@code bytesMax}. */
  void download(String url, Path file, long bytesMax, Cancellation cancellation)
      throws WorkspaceFailed, IOException, InterruptedException {
    var request = request(url, ErrorCode.WORKSPACE_DOWNLOAD_FAILED).GET().build();
    var unreachable = ErrorCode.WORKSPACE_DOWNLOAD_FAILED.with("UNREACHABLE");
    var response =
        send(request, HttpResponse.BodyHandlers.ofInputStream(), cancellation, unreachable);
    try (var body = response.body()) {
      cancellation.onCancel(() -> close(body));
      if (response.statusCode() != 200) {
        throw new WorkspaceFailed(ErrorCode.WORKSPACE_DOWNLOAD_FAILED.with(response.statusCode()));
      }
      copy(body, file, bytesMax);
    } catch (WorkspaceFailed e) {
      throw cancellation.cancelled() ? cancelled() : e;
    }
  }

  private <T> HttpResponse<T> send(
      HttpRequest request,
      HttpResponse.BodyHandler<T> handler,
      Cancellation cancellation,
      String failed)
      throws WorkspaceFailed, InterruptedException {
    CompletableFuture<HttpResponse<T>> sent;
    try {
      sent = http.client().sendAsync(request, handler);
    } catch (AgentFailure e) {
      // What the gateway's certificate has to be cannot be read: nothing is asked of anybody.
      throw new WorkspaceFailed(failed);
    }
    cancellation.onCancel(() -> sent.cancel(true));
    try {
      return sent.get();
    } catch (CancellationException | ExecutionException e) {
      throw cancellation.cancelled() ? cancelled() : new WorkspaceFailed(failed);
    } catch (InterruptedException e) {
      sent.cancel(true);
      throw e;
    }
  }

  private static WorkspaceFailed cancelled() {
    return new WorkspaceFailed(ErrorCode.DISPATCH_CANCELED.name());
  }

  // The request's own timeout ends with the headers; a body that stalls is closed under the reader.
  private void copy(InputStream body, Path file, long bytesMax)
      throws WorkspaceFailed, IOException {
    var done = new CompletableFuture<Void>();
    done.orTimeout(transferMax.toMillis(), TimeUnit.MILLISECONDS)
        .whenComplete((_, late) -> {
          if (late != null) close(body);
        });
    try {
      var source = new Source(new Bounded(body, bytesMax));
      Files.copy(source, file, StandardCopyOption.REPLACE_EXISTING);
    } catch (Source.Broken e) {
      throw new WorkspaceFailed(
          e.getCause() instanceof Bounded.TooLarge
              ? ErrorCode.WORKSPACE_ARCHIVE_INVALID.name()
              : ErrorCode.WORKSPACE_DOWNLOAD_FAILED.with("INTERRUPTED"));
    } finally {
      done.complete(null);
    }
  }

  private static void close(InputStream body) {
    try {
      body.close();
    } catch (IOException e) {
      return; // It is over either way.
    }
  }

  /** Stores {@code file}; answers the ETag, or null. */
  String upload(String url, Path file, Cancellation cancellation)
      throws WorkspaceFailed, IOException, InterruptedException {
    var request =
        request(url, ErrorCode.WORKSPACE_UPLOAD_FAILED)
            .header("content-type", "application/zstd")
            .PUT(HttpRequest.BodyPublishers.ofFile(file))
            .build();
    var failed = ErrorCode.WORKSPACE_UPLOAD_FAILED.name();
    var response = send(request, HttpResponse.BodyHandlers.discarding(), cancellation, failed);
    if (response.statusCode() / 100 != 2) {
      throw new WorkspaceFailed(ErrorCode.WORKSPACE_UPLOAD_FAILED.with(response.statusCode()));
    }
    return response.headers().firstValue("etag").orElse(null);
  }

  // What the library throws repeats the address, and with it the permission it carries.
  private HttpRequest.Builder request(String url, ErrorCode failed) throws WorkspaceFailed {
    try {
      var address = new URI(url);
      if (address.getHost() == null && address.getRawAuthority() != null) {
        // Such as one with an underscore, which the client of Java cannot call.
        throw new WorkspaceFailed(failed.with("HOST_INVALID:" + hostOf(address)));
      }
      return HttpRequest.newBuilder(address).timeout(transferMax);
    } catch (URISyntaxException | IllegalArgumentException e) {
      throw new WorkspaceFailed(failed.with("URL_INVALID"));
    }
  }

  private static String hostOf(URI address) {
    var authority = address.getRawAuthority();
    return authority.substring(authority.lastIndexOf('@') + 1).replaceFirst(":.*", "");
  }
}
