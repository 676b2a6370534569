package ai.vespid.protocol.workflow;

import ai.vespid.protocol.ErrorCode;
import java.util.List;

/**
 * A workflow whose parts are well-formed and do not fit together. The API answers the code of the
 * first issue, with all of them in {@code details.issues} (contract 4.6).
 */
public final class InvalidDefinition extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient List<GraphIssue> issues;

  InvalidDefinition(List<GraphIssue> issues) {
    super(issues.getFirst().message(), null, false, false);
    this.issues = List.copyOf(issues);
  }

  public ErrorCode code() {
    return issues.getFirst().code();
  }

  /** At least one. */
  public List<GraphIssue> issues() {
    return issues;
  }
}
