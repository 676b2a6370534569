package ai.vespid.agent.workspace;

import ai.vespid.protocol.ErrorCode;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;

/** Archives over HTTP, streamed. URLs carry their permission and appear in no error. */
final class Transfer {
  private static final Duration CONNECT_MAX = Duration.ofSeconds(10);
  private static final Duration TRANSFER_MAX = Duration.ofMinutes(5);

  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT_MAX)
          .build();

  /** Fetches into {@code file}; at most {@code bytesMax}. */
  void download(String url, Path file, long bytesMax)
      throws WorkspaceFailed, IOException, InterruptedException {
    var request = HttpRequest.newBuilder(URI.create(url)).timeout(TRANSFER_MAX).GET().build();
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
      Files.copy(new Bounded(body, bytesMax), file, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** Stores {@code file}; answers the ETag, or null. */
  String upload(String url, Path file) throws WorkspaceFailed, IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create(url))
            .timeout(TRANSFER_MAX)
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
