package ai.vespid.agent.workspace;

/** The pointer a result carries to the version that was stored (contract 7.4). */
public record Uploaded(String workspaceId, long version, String objectKey, String etag) {}
