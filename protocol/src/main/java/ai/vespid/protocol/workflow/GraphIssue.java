package ai.vespid.protocol.workflow;

import ai.vespid.protocol.ErrorCode;

/**
 * One rule that a workflow breaks.
 *
 * @param subject the id of the node or edge it is about, or null when it is about all of them
 */
public record GraphIssue(ErrorCode code, String subject, String message) {}
