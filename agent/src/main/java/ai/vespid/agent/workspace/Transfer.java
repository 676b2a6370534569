package ai.vespid.agent.workspace;

import ai.vespid.protocol.ErrorCode;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Archives over HTTP, streamed. URLs carry their permission and appear in no error. */
final class Transfer {
  private static final Duration CONNECT_MAX = Duration.ofSeconds(10);

  private final Duration transferMax;
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT_MAX)
          .build();

  Transfer(Duration transferMax) {
    this.transferMax = transferMax;
  }

  /** Fetches into {@code file}; at most {@code bytesMax}. */
  void download(String url, Path file, long bytesMax)
      throws WorkspaceFailed, IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(address(url, ErrorCode.WORKSPACE_DOWNLOAD_FAILED))
            .timeout(transferMax)
            .GET()
            .build();
    HttpResponse<InputStream> response;
    try {
      response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
    } catch (IOException e) {
      throw new WorkspaceFailed(ErrorCode.WORKSPACE_DOWNLOAD_FAILED.with("UNREACHABLE"));
    }
    try (var body = response.body()) {
      if (response.statusCode() != 200) {
        throw new WorkspaceFailed(ErrorCode.WORKSPACE_DOWNLOAD_FAILED.with(response.statusCode()));
      }
      copy(body, file, bytesMax);
    }
  }

  // Its own exceptions repeat the whole URL, which is a credential.
  private static URI address(String url, ErrorCode code) throws WorkspaceFailed {
    try {
      var address = new URI(url);
      // A host with an underscore is none for the HTTP client.
      if (address.getHost() != null) return address;
    } catch (URISyntaxException e) {
      throw new WorkspaceFailed(code.with("URL_INVALID"));
    }
    throw new WorkspaceFailed(code.with("URL_INVALID"));
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
      Files.copy(new Bounded(body, bytesMax), file, StandardCopyOption.REPLACE_EXISTING);
    } catch (Bounded.TooLarge e) {
      throw e;
    } catch (IOException e) {
      throw new WorkspaceFailed(ErrorCode.WORKSPACE_DOWNLOAD_FAILED.with("INTERRUPTED"));
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
  String upload(String url, Path file) throws WorkspaceFailed, IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(address(url, ErrorCode.WORKSPACE_UPLOAD_FAILED))
            .timeout(transferMax)
            .header("content-type", "application/zstd")
            .PUT(HttpRequest.BodyPublishers.ofFile(file))
            .build();
    HttpResponse<Void> response;
    try {
      response = client.send(request, HttpResponse.BodyHandlers.discarding());
    } catch (IOException e) {
      throw new WorkspaceFailed(ErrorCode.WORKSPACE_UPLOAD_FAILED.name());
    }
    if (response.statusCode() / 100 != 2) {
      throw new WorkspaceFailed(ErrorCode.WORKSPACE_UPLOAD_FAILED.with(response.statusCode()));
    }
    return response.headers().firstValue("etag").orElse(null);
  }
}
