package ai.vespid.gateway.dispatch;

import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import java.util.Optional;

/** Reads the {@code workspace} pointer of a result; one that cannot be read is as none. */
final class UploadedFiles {
  private record Pointer(String workspaceId, Long version, String objectKey, String etag) {}

  private UploadedFiles() {}

  static Optional<WorkspaceHead> of(RawJson workspace) {
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
