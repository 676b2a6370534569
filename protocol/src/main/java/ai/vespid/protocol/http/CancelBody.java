package ai.vespid.protocol.http;

import ai.vespid.protocol.Check;

/**
 * The body of {@code POST /internal/v1/dispatches/:requestId/cancel}: nobody wants the result of
 * this dispatch any more. Ours; the original has no such route.
 *
 * @param organizationId whose dispatch it is; those of others stay as they are
 */
public record CancelBody(String organizationId) {
  public CancelBody {
    Check.uuid("organizationId", organizationId);
  }
}
