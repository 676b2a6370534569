package ai.vespid.kit.bus;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.Json;
import ai.vespid.protocol.bus.Dispatch;
import ai.vespid.protocol.bus.Message;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Golden samples of the bus in {@code wire/bus-messages.txt}. Nodes of two adjacent versions talk
 * while a deployment rolls, so what a sample holds must stay readable, and a change of it seen.
 *
 * <p>A sample is two lines: tag and JSON for people, then what travels between nodes in base64.
 */
class BusSamplesTest {
  private static final ProtocolCodec CODEC = new ProtocolCodec(Protocols.ALL, true);

  @Test
  void writesEveryMessageAsItsSample() throws IOException {
    var written = new ArrayList<String>();
    for (var message : BusSamples.ALL) {
      var wire = Buffer.buffer();
      CODEC.encodeToWire(wire, message);
      written.add(readable(wire));
      written.add(Base64.getEncoder().encodeToString(wire.getBytes()));
    }

    assertThat(written).isEqualTo(lines());
  }

  @Test
  void readsEverySampleAsItsMessage() throws IOException {
    var lines = lines();
    var read = new ArrayList<Message>();
    for (int i = 1; i < lines.size(); i += 2) {
      var wire = Buffer.buffer(Base64.getDecoder().decode(lines.get(i)));
      read.add(CODEC.decodeFromWire(0, wire));
    }

    assertThat(read).isEqualTo(BusSamples.ALL);
  }

  @Test
  void readsADispatchOfANodeThatDidNotSayHowLongItWaited() throws IOException {
    var sample = lines().get(4);
    var json = sample.substring(sample.indexOf('{')).replaceFirst(",\"waitedMs\":[0-9]+", "");
    assertThat(json).isNotEqualTo(sample.substring(sample.indexOf('{')));

    assertThat(Json.read(json.getBytes(UTF_8), Dispatch.class).waitedMs()).isZero();
  }

  @Test
  void hasASampleOfEveryMessage() {
    var records = new HashSet<Class<?>>();
    for (var family : Protocols.ALL) addRecords(family, records, new HashSet<>());

    Set<Class<?>> sampled = BusSamples.ALL.stream().map(Message::getClass).collect(toSet());
    assertThat(sampled)
        .as("add the missing to BusSamples, and its two lines to wire/bus-messages.txt")
        .containsExactlyInAnyOrderElementsOf(records);
  }

  private static void addRecords(Class<?> type, Set<Class<?>> records, Set<Class<?>> seen) {
    if (!seen.add(type)) return;
    if (type.isRecord() && Message.class.isAssignableFrom(type)) records.add(type);
    if (type.isSealed()) {
      for (var permitted : type.getPermittedSubclasses()) addRecords(permitted, records, seen);
    }
    // Replies stand in their requests, which do not permit them.
    for (var nested : type.getDeclaredClasses()) addRecords(nested, records, seen);
  }

  private static String readable(Buffer wire) {
    int tagEnd = 1 + wire.getUnsignedByte(0);
    return wire.getString(1, tagEnd) + " " + wire.getString(tagEnd + 4, wire.length());
  }

  private static List<String> lines() throws IOException {
    try (var file = BusSamplesTest.class.getResourceAsStream("/wire/bus-messages.txt")) {
      return new String(file.readAllBytes(), UTF_8).lines().toList();
    }
  }
}
