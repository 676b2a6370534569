package ai.vespid.gateway.dispatch;

import ai.vespid.kit.crypto.SignedUrls;
import ai.vespid.protocol.RequestId;
import ai.vespid.protocol.WorkspaceUse;
import ai.vespid.protocol.Workspaces;
import ai.vespid.protocol.bus.Dispatch;
import ai.vespid.protocol.executor.GatewayFrame.Upload;
import ai.vespid.protocol.executor.GatewayFrame.Workspace;
import ai.vespid.protocol.executor.GatewayFrame.WorkspaceAccess;

/** The workspace part of an offer: which version to start from and URLs to fetch and put it. */
final class WorkspaceAccessSigner {
  // An agent uploads after its work: the URL must outlive the dispatch.
  private static final long VALID_SEC = 600;

  private final String publicUrl;
  private final SignedUrls urls;

  WorkspaceAccessSigner(String publicUrl, String signingSecret) {
    this.publicUrl =
        publicUrl.endsWith("/") ? publicUrl.substring(0, publicUrl.length() - 1) : publicUrl;
    this.urls = new SignedUrls(signingSecret);
  }

  /** What a dispatch starts from; a dispatch without files starts from the empty version 0. */
  static Workspace workspace(Dispatch dispatch, WorkspaceHead head) {
    return head == null
        ? new Workspace(idOf(dispatch), 0L, "", null)
        : new Workspace(head.workspaceId(), head.version(), head.objectKey(), head.etag());
  }

  /**
   * Where to fetch and put the files.
   *
   * @param usable false when the agent is known to leave them alone: agents of the original upload
   *     whatever they did, ours do not for a dispatch without files
   */
  WorkspaceAccess access(Dispatch dispatch, WorkspaceHead head, boolean usable, long untilMs) {
    long expires = untilMs / 1_000 + VALID_SEC;
    long next = head == null ? 1 : head.version() + 1;
    var nextKey = Workspaces.objectKey(dispatch.organizationId(), idOf(dispatch), next);
    var download =
        head == null || head.version() == 0
            ? null
            : publicUrl + urls.sign("GET", "/" + head.objectKey(), expires);
    var put = usable ? urls.sign("PUT", "/" + nextKey, expires) : "/" + nextKey;
    return new WorkspaceAccess(download, new Upload(publicUrl + put, nextKey, next));
  }

  // Without files the id only has to be a UUID; deriving one costs more than the rest of the offer.
  private static String idOf(Dispatch dispatch) {
    var runId = RequestId.runIdOf(dispatch.requestId());
    return dispatch.workspace() == WorkspaceUse.NONE
        ? runId
        : Workspaces.idOf(dispatch.organizationId(), runId);
  }
}
