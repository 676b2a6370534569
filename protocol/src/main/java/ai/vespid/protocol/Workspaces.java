package ai.vespid.protocol;

import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** Names of a run's files. Ids are derived, so that nobody has to be asked for one. */
public final class Workspaces {
  private Workspaces() {}

  /** The workspace of one run of one organization: a name-based UUID. */
  public static String idOf(String organizationId, String runId) {
    var name = "vespid-workspace/" + organizationId + '/' + runId;
    return UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8)).toString();
  }

  /** Where a version is kept (contract 3.4). */
  public static String objectKey(String organizationId, String workspaceId, long version) {
    return "workspaces/" + organizationId + '/' + workspaceId + "/v" + version + ".tar.zst";
  }
}
