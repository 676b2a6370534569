package ai.vespid.gateway.workspaces;

import ai.vespid.sql.WorkspaceRepository;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** One archive on its way from a request into the database; at most two pieces are in memory. */
final class Upload {
  /** The archive is larger than allowed. */
  static final class TooLarge extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TooLarge() {
      super("archive too large", null, false, false);
    }
  }

  private final HttpServerRequest request;
  private final WorkspaceRepository store;
  private final String objectKey;
  private final String organizationId;
  private final long bytesMax;
  private final MessageDigest digest = sha256();
  private final Promise<String> done = Promise.promise();
  private Buffer piece = Buffer.buffer();
  private Future<Void> writing = Future.succeededFuture();
  private int ordinal;
  private long bytes;

  Upload(
      HttpServerRequest request,
      WorkspaceRepository store,
      String objectKey,
      String organizationId,
      long bytesMax) {
    this.request = request;
    this.store = store;
    this.objectKey = objectKey;
    this.organizationId = organizationId;
    this.bytesMax = bytesMax;
  }

  /** Reads the request to its end; answers the ETag of what was stored. */
  Future<String> run() {
    request.handler(this::take);
    request.exceptionHandler(done::tryFail);
    request.endHandler(_ -> finish());
    request.resume();
    return done.future();
  }

  private void take(Buffer chunk) {
    if (done.future().isComplete()) return;
    bytes += chunk.length();
    if (bytes > bytesMax) {
      done.tryFail(new TooLarge());
      return;
    }
    digest.update(chunk.getBytes());
    piece.appendBuffer(chunk);
    if (piece.length() >= WorkspaceRepository.PIECE_BYTES) write();
  }

  private void write() {
    var full = piece;
    piece = Buffer.buffer();
    int number = ordinal++;
    request.pause();
    writing =
        writing
            .compose(_ -> store.putPiece(objectKey, number, organizationId, full))
            .onSuccess(_ -> request.resume())
            .onFailure(done::tryFail);
  }

  private void finish() {
    if (done.future().isComplete()) return;
    if (piece.length() > 0 || ordinal == 0) write();
    writing
        .compose(_ -> store.cut(objectKey, ordinal))
        .map(_ -> '"' + HexFormat.of().formatHex(digest.digest()) + '"')
        .onSuccess(done::tryComplete)
        .onFailure(done::tryFail);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
