package ai.vespid.protocol.http;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.RawJson;

/** The body of every HTTP error (contract 4.1). */
public record ErrorBody(String code, String message, RawJson details) {
  public ErrorBody(ErrorCode code, String message) {
    this(code.name(), message, null);
  }
}
