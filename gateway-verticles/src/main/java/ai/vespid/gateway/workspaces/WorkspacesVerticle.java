package ai.vespid.gateway.workspaces;

import ai.vespid.kit.crypto.SignedUrls;
import ai.vespid.kit.http.Answers;
import ai.vespid.kit.node.Node;
import ai.vespid.kit.node.Settings;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.sql.WorkspaceRepository;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Serves GET and PUT of archives under signed URLs (contract 3.4 without S3). */
public final class WorkspacesVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(WorkspacesVerticle.class);
  private static final Pattern OBJECT =
      Pattern.compile("/(workspaces/([0-9a-fA-F-]{36})/[0-9a-fA-F-]{36}/v\\d{1,18}\\.tar\\.zst)");

  private final Node node;
  private final WorkspaceRepository store;
  private WorkspacesSettings settings;

  public WorkspacesVerticle(Node node, WorkspaceRepository store) {
    this.node = node;
    this.store = store;
  }

  @Override
  public Future<?> start() {
    settings = Settings.bind("workspaces", config(), WorkspacesSettings.class);
    node.ports()
        .mount(
            vertx, settings.host(), settings.port(), "GATEWAY_PORT", "/workspaces/", this::handle);
    return Future.succeededFuture();
  }

  private void handle(HttpServerRequest request) {
    var object = OBJECT.matcher(request.path());
    if (!object.matches()) {
      Answers.error(request.response(), ErrorCode.NOT_FOUND, "no such path");
      return;
    }
    boolean permitted =
        new SignedUrls(settings.signingSecret())
            .permits(
                request.method().name(),
                request.path(),
                request.getParam("expires"),
                request.getParam("signature"),
                node.clock().instant().getEpochSecond());
    if (!permitted) {
      Answers.error(
          request.response(), ErrorCode.WORKSPACE_URL_INVALID, "the URL is expired or not ours");
    } else if (request.method() == HttpMethod.PUT) {
      put(request, object);
    } else {
      get(request, object.group(1));
    }
  }

  private void put(HttpServerRequest request, Matcher object) {
    request.pause();
    var objectKey = object.group(1);
    new Upload(request, store, objectKey, object.group(2), settings.archiveBytesMax())
        .run()
        .onSuccess(etag -> request.response().putHeader(HttpHeaders.ETAG, etag).end())
        .onFailure(cause -> failed(request, objectKey, cause));
  }

  private void failed(HttpServerRequest request, String objectKey, Throwable cause) {
    store.cut(objectKey, 0);
    if (cause instanceof Upload.TooLarge) {
      Answers.errorAndClose(
          request,
          ErrorCode.WORKSPACE_TOO_LARGE,
          "an archive may have " + settings.archiveBytesMax() + " bytes");
      return;
    }
    LOG.atWarn()
        .addKeyValue("cause", cause.getClass().getSimpleName())
        .log("an archive could not be stored");
    Answers.error(request.response(), ErrorCode.DATABASE_UNAVAILABLE, "try again shortly");
  }

  private void get(HttpServerRequest request, String objectKey) {
    var response = request.response();
    store
        .piece(objectKey, 0)
        .compose(first -> {
          if (first.isEmpty()) {
            Answers.error(response, ErrorCode.WORKSPACE_NOT_FOUND, "no such version");
            return Future.succeededFuture();
          }
          response.setChunked(true).putHeader(HttpHeaders.CONTENT_TYPE, "application/zstd");
          return send(request, objectKey, 0, first.get());
        })
        .onFailure(cause -> {
          LOG.atWarn()
              .addKeyValue("cause", cause.getClass().getSimpleName())
              .log("an archive could not be read");
          // Half an archive must not look like a whole one.
          if (response.headWritten()) request.connection().close();
          else Answers.error(response, ErrorCode.DATABASE_UNAVAILABLE, "try again shortly");
        });
  }

  private Future<Void> send(
      HttpServerRequest request, String objectKey, int ordinal, Buffer piece) {
    return request
        .response()
        .write(piece)
        .compose(_ -> store.piece(objectKey, ordinal + 1))
        .compose(next ->
            next.isPresent()
                ? send(request, objectKey, ordinal + 1, next.get())
                : request.response().end());
  }
}
