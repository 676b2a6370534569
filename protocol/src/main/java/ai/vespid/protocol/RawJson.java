package ai.vespid.protocol;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.SerializedString;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * One JSON value carried as the bytes it arrived in. The gateway never parses payloads and outputs
 * into a tree; it only checks that they are well-formed, which the tokenizer does while it looks
 * for the value's end.
 *
 * <p>The bytes are shared, never copied: whoever holds a {@code RawJson} must not change them. What
 * it holds may be secret, so {@link #toString()} tells the size alone.
 */
@JsonSerialize(using = RawJson.Writer.class)
@JsonDeserialize(using = RawJson.Reader.class)
public final class RawJson {
  /** The JSON value {@code null}, which is something else than an absent value. */
  public static final RawJson NULL = of("null");

  private final byte[] bytes;

  private RawJson(byte[] bytes) {
    this.bytes = bytes;
  }

  /** Wraps text that the caller knows to be one well-formed JSON value. */
  public static RawJson of(String json) {
    return new RawJson(json.getBytes(StandardCharsets.UTF_8));
  }

  /** Wraps bytes that the caller knows to be one well-formed JSON value in UTF-8. */
  public static RawJson of(byte[] json) {
    return new RawJson(json);
  }

  /** The JSON form of any value that Jackson can write. */
  public static RawJson from(Object value) {
    return new RawJson(Json.write(value));
  }

  /** The bytes themselves, not a copy. */
  public byte[] bytes() {
    return bytes;
  }

  public int size() {
    return bytes.length;
  }

  /** The JSON text; for places that are about to parse or show it. */
  public String text() {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RawJson raw && Arrays.equals(bytes, raw.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return "RawJson[" + bytes.length + " bytes]";
  }

  /** Copies the bytes into the output unread. */
  static final class Writer extends JsonSerializer<RawJson> {
    @Override
    public void serialize(RawJson value, JsonGenerator out, SerializerProvider provider)
        throws IOException {
      out.writeRawValue(new Bytes(value.bytes));
    }
  }

  /** Cuts the value's bytes out of the document it stands in. */
  static final class Reader extends JsonDeserializer<RawJson> {
    @Override
    public RawJson deserialize(JsonParser in, DeserializationContext context) throws IOException {
      if (!(in.currentTokenLocation().contentReference().getRawContent()
          instanceof byte[] source)) {
        // Only reached where a document is read from something else than bytes (tests, configs).
        return new RawJson(Json.write(in.readValueAsTree()));
      }
      int start = (int) in.currentTokenLocation().getByteOffset();
      if (in.currentToken() == JsonToken.VALUE_STRING) in.finishToken();
      else in.skipChildren();
      int end = (int) in.currentLocation().getByteOffset();
      return new RawJson(Arrays.copyOfRange(source, start, end));
    }

    @Override
    public RawJson getNullValue(DeserializationContext context) {
      return NULL;
    }

    @Override
    public Object getAbsentValue(DeserializationContext context) {
      return null;
    }
  }

  /** Lets the generator copy bytes instead of encoding characters. */
  private record Bytes(byte[] bytes) implements SerializableString {
    @Override
    public String getValue() {
      return new String(bytes, StandardCharsets.UTF_8);
    }

    @Override
    public int charLength() {
      return getValue().length();
    }

    @Override
    public char[] asQuotedChars() {
      return new SerializedString(getValue()).asQuotedChars();
    }

    @Override
    public byte[] asUnquotedUTF8() {
      return bytes;
    }

    @Override
    public byte[] asQuotedUTF8() {
      return new SerializedString(getValue()).asQuotedUTF8();
    }

    @Override
    public int appendUnquotedUTF8(byte[] buffer, int offset) {
      if (buffer.length - offset < bytes.length) return -1;
      System.arraycopy(bytes, 0, buffer, offset, bytes.length);
      return bytes.length;
    }

    @Override
    public int appendQuotedUTF8(byte[] buffer, int offset) {
      return new SerializedString(getValue()).appendQuotedUTF8(buffer, offset);
    }

    @Override
    public int appendQuoted(char[] buffer, int offset) {
      return new SerializedString(getValue()).appendQuoted(buffer, offset);
    }

    @Override
    public int appendUnquoted(char[] buffer, int offset) {
      return new SerializedString(getValue()).appendUnquoted(buffer, offset);
    }

    @Override
    public int writeQuotedUTF8(java.io.OutputStream out) throws IOException {
      return new SerializedString(getValue()).writeQuotedUTF8(out);
    }

    @Override
    public int writeUnquotedUTF8(java.io.OutputStream out) throws IOException {
      out.write(bytes);
      return bytes.length;
    }

    @Override
    public int putQuotedUTF8(java.nio.ByteBuffer buffer) throws IOException {
      return new SerializedString(getValue()).putQuotedUTF8(buffer);
    }

    @Override
    public int putUnquotedUTF8(java.nio.ByteBuffer buffer) {
      if (buffer.remaining() < bytes.length) return -1;
      buffer.put(bytes);
      return bytes.length;
    }
  }
}
