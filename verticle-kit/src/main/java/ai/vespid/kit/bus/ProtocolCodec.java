package ai.vespid.kit.bus;

import ai.vespid.protocol.Json;
import ai.vespid.protocol.bus.Message;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.MessageCodec;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One codec for all bus messages: between nodes a type tag and JSON, locally the record itself. The
 * tag stands outside the JSON, so that payloads inside it stay the bytes they were.
 */
public final class ProtocolCodec implements MessageCodec<Message, Message> {
  private static final String NAME = "protocol";

  private final Map<String, Class<? extends Message>> types = new HashMap<>();
  private final Map<Class<?>, byte[]> tags = new HashMap<>();
  private final boolean wireAlways;

  ProtocolCodec(List<Class<?>> protocols, boolean wireAlways) {
    this.wireAlways = wireAlways;
    protocols.forEach(this::register);
  }

  /** Installs the codec; {@code wireAlways} makes local messages take the wire path too (tests). */
  public static void install(Vertx vertx, List<Class<?>> protocols, boolean wireAlways) {
    var codec = new ProtocolCodec(protocols, wireAlways);
    Parcels.install(vertx, codec);
    vertx
        .eventBus()
        .registerCodec(codec)
        .codecSelector(body -> body instanceof Message ? NAME : null);
  }

  private void register(Class<?> type) {
    if (type.isRecord() && Message.class.isAssignableFrom(type)) {
      var tag = type.getName().substring(type.getPackageName().length() + 1).replace('$', '.');
      if (types.put(tag, type.asSubclass(Message.class)) != null) {
        throw new IllegalArgumentException("two messages share the tag " + tag);
      }
      tags.put(type, tag.getBytes(StandardCharsets.UTF_8));
    }
    for (var nested : type.getDeclaredClasses()) register(nested);
  }

  @Override
  public void encodeToWire(Buffer buffer, Message message) {
    var tag = tags.get(message.getClass());
    if (tag == null) throw new IllegalArgumentException("no tag for " + message.getClass());
    var json = Json.write(message);
    buffer.appendUnsignedByte((short) tag.length).appendBytes(tag);
    buffer.appendInt(json.length).appendBytes(json);
  }

  @Override
  public Message decodeFromWire(int position, Buffer buffer) {
    int tagEnd = position + 1 + buffer.getUnsignedByte(position);
    var tag = buffer.getString(position + 1, tagEnd);
    var type = types.get(tag);
    if (type == null) throw new Fault(Fault.Code.BAD_REQUEST, "unknown message " + tag);
    int length = buffer.getInt(tagEnd);
    return Json.read(buffer.getBytes(tagEnd + 4, tagEnd + 4 + length), type);
  }

  @Override
  public Message transform(Message message) {
    if (!wireAlways) return message;
    var buffer = Buffer.buffer();
    encodeToWire(buffer, message);
    return decodeFromWire(0, buffer);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public byte systemCodecID() {
    return -1;
  }
}
