package ai.vespid.gateway.dispatch;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.ResultStatus;
import java.util.Optional;

/** Reads the {@code workspace} pointer of a result; one that cannot be read is as none. */
final class UploadedFiles {
  private record Pointer(String workspaceId, Long version, String objectKey, String etag) {}

  private UploadedFiles() {}

  /**
   * What the agent uploaded counts only as the successor of what it was given. After a restart that
   * is not known here any more; the database compares the versions in any case.
   *
   * @return the version to commit, or null
   */
  static WorkspaceHead of(Entry entry, DispatchResult result) {
    if (!entry.usesFiles() || result.workspace() == null) return null;
    if (result.status() == ResultStatus.FAILED) return null;
    return of(result.workspace())
        .filter(files -> files.workspaceId().equals(entry.workspaceId()))
        .filter(files -> entry.files == null || files.version() == entry.files.version() + 1)
        .orElse(null);
  }

  private static Optional<WorkspaceHead> of(RawJson workspace) {
    try {
      var pointer = Json.read(workspace.bytes(), Pointer.class);
      if (pointer.workspaceId() == null
          || pointer.version() == null
          || pointer.objectKey() == null) {
        return Optional.empty();
      }
      return Optional.of(
          new WorkspaceHead(
              pointer.workspaceId(), pointer.version(), pointer.objectKey(), pointer.etag()));
    } catch (InvalidMessage e) {
      return Optional.empty();
    }
  }
}
