package ai.vespid.bench;

import ai.vespid.protocol.Json;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * Takes out of a gateway frame the four things a fake agent needs, in one pass and without a tree.
 * What it keeps is valid until the next frame; one instance serves a whole fleet.
 */
final class InvokeReader {
  private static final JsonFactory FACTORY = Json.copyOfMapper().getFactory();

  private byte[] frame;
  private String type;
  private String requestId;
  private int epoch;
  private int inputFrom;
  private int inputTo;

  /**
   * @return the frame's type, or null when it has none
   */
  String read(byte[] bytes) throws IOException {
    frame = bytes;
    type = null;
    requestId = null;
    epoch = 0;
    inputFrom = -1;
    try (var in = FACTORY.createParser(bytes)) {
      if (in.nextToken() != JsonToken.START_OBJECT) return null;
      for (var name = in.nextFieldName(); name != null; name = in.nextFieldName()) {
        in.nextToken();
        field(in, name);
        if (type != null && requestId != null && epoch > 0 && inputFrom >= 0) break;
      }
    }
    return type;
  }

  private void field(JsonParser in, String name) throws IOException {
    switch (name) {
      case "type" -> type = in.getText();
      case "requestId" -> requestId = in.getText();
      case "epoch" -> epoch = in.getIntValue();
      case "payload" -> payload(in);
      default -> in.skipChildren();
    }
  }

  private void payload(JsonParser in) throws IOException {
    if (in.currentToken() != JsonToken.START_OBJECT) {
      in.skipChildren();
      return;
    }
    for (var name = in.nextFieldName(); name != null; name = in.nextFieldName()) {
      in.nextToken();
      int from = (int) in.currentTokenLocation().getByteOffset();
      if (in.currentToken() == JsonToken.VALUE_STRING) in.finishToken();
      else in.skipChildren();
      if (!name.equals("input")) continue;
      inputFrom = from;
      inputTo = (int) in.currentLocation().getByteOffset();
    }
  }

  String requestId() {
    return requestId;
  }

  /** The epoch, or 0 when the gateway knows none. */
  int epoch() {
    return epoch;
  }

  /** The JSON of {@code payload.input}, or {@code null} in JSON. */
  String input() {
    if (inputFrom < 0) return "null";
    return new String(frame, inputFrom, inputTo - inputFrom, StandardCharsets.UTF_8);
  }
}
