package ai.vespid.gateway.dispatch;

/** One version of a run's files; version 0 is empty and has no object. */
record WorkspaceHead(String workspaceId, long version, String objectKey, String etag) {}
