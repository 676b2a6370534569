package ai.vespid.protocol.http;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.RequestId;
import java.util.List;

/**
 * The body of {@code POST /internal/v1/memory/use}: a worker does something with what a workflow or
 * a session remembers. Ours; the original has no such route. It is answered as a dispatch is.
 *
 * @param sessionKey under which it is remembered; workflows have {@code workflow:<family>}
 * @param toolId such as {@code memory.search}
 * @param once by what a write is known: one that is asked for again is not done again; may be null
 */
public record MemoryBody(
    String organizationId, String sessionKey, String toolId, RawJson input, String once) {
  public MemoryBody {
    Check.uuid("organizationId", organizationId);
    Check.text("sessionKey", sessionKey, 1, 400);
    Check.text("toolId", toolId, 1, 120);
    Check.optionalText("once", once, 1, RequestId.LENGTH_MAX);
  }

  @Override
  public String toString() {
    return "MemoryBody[" + toolId + "]";
  }

  /** What {@code POST /v1/orgs/:orgId/memory/sync} is asked with (contract 4.8). */
  public record Sync(String sessionId, String sessionKey, String provider, String reason) {
    private static final List<String> PROVIDERS = List.of("builtin", "qmd");

    public Sync {
      Check.optionalUuid("sessionId", sessionId);
      Check.optionalText("sessionKey", sessionKey, 1, 400);
      if (provider == null) provider = PROVIDERS.getFirst();
      if (!PROVIDERS.contains(provider)) {
        throw new InvalidMessage("provider", "must be builtin or qmd");
      }
      Check.optionalText("reason", reason, 1, 300);
    }
  }
}
