package ai.vespid.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.protocol.executor.ExecutorFrame;
import ai.vespid.protocol.executor.Frames;
import ai.vespid.protocol.executor.GatewayFrame;
import ai.vespid.protocol.executor.LegacyFrame;
import ai.vespid.protocol.http.DispatchBody;
import ai.vespid.protocol.session.ClientFrame;
import ai.vespid.protocol.session.ViewerFrame;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/**
 * One golden sample a frame, in {@code wire/*.json}: every build must read and write them as they
 * are, so that a rename becomes visible before an old agent meets it.
 */
class WireSamplesTest {
  private static final ObjectMapper PLAIN = new ObjectMapper();

  @Test
  void readsAndWritesEveryFrameOfAnAgent() throws IOException {
    roundTrip("executor-frames", Frames::fromExecutor, ExecutorFrame.class);
  }

  @Test
  void readsAndWritesEveryFrameOfTheGateway() throws IOException {
    roundTrip("gateway-frames", Frames::fromGateway, GatewayFrame.class);
  }

  @Test
  void readsAndWritesEveryFrameOfTheFirstProtocol() throws IOException {
    roundTrip("legacy-frames", Frames::legacy, LegacyFrame.class);
  }

  @Test
  void readsAndWritesEveryFrameOfAViewer() throws IOException {
    roundTrip("client-frames", frame -> ClientFrame.read(frame).orElseThrow(), ClientFrame.class);
  }

  @Test
  void readsAndWritesEveryFrameToAViewer() throws IOException {
    roundTrip("viewer-frames", frame -> ViewerFrame.read(frame).orElseThrow(), ViewerFrame.class);
  }

  @Test
  void readsADispatchOfAnOriginalWorker() throws IOException {
    var body =
        Json.read(
            samples("original-worker").get("dispatch").toString().getBytes(), DispatchBody.class);

    assertThat(body.requestId()).isEqualTo("3f2b8c1e-1111-4111-8111-111111111111:node-1:2");
    assertThat(body.timeoutMs()).isEqualTo(60_000);
    assertThat(body.selector().pool()).isEqualTo(Pool.MANAGED);
    assertThat(body.workspace()).isEqualTo(WorkspaceUse.RUN);
  }

  @Test
  void refusesEverySampleWithoutOneOfItsRequiredFields() throws IOException {
    for (var field :
        new String[] {"executorVersion", "executorId", "pool", "labels", "maxInFlight", "kinds"}) {
      var hello = samples("executor-frames").get("executor_hello_v2").deepCopy();
      ((com.fasterxml.jackson.databind.node.ObjectNode) hello).remove(field);
      assertThatThrownBy(() -> Frames.fromExecutor(bytes(hello)))
          .isInstanceOf(InvalidMessage.class)
          .hasMessageStartingWith(field);
    }
  }

  @Test
  void answersAnyDamageWithInvalidMessageAndNothingElse() throws IOException {
    var random = new Random(3);
    for (var name :
        new String[] {
          "executor-frames", "gateway-frames", "legacy-frames", "client-frames", "viewer-frames"
        }) {
      for (var sample : samples(name).values()) {
        for (int i = 0; i < 300; i++) {
          var damaged = damage(bytes(sample), random);
          for (var reader : readers()) {
            try {
              reader.apply(damaged);
            } catch (InvalidMessage expected) {
              assertThat(expected.getMessage()).isNotEmpty();
            }
          }
        }
      }
    }
  }

  private static Iterable<Function<byte[], ?>> readers() {
    return java.util.List.of(
        Frames::fromExecutor,
        Frames::fromGateway,
        Frames::legacy,
        ClientFrame::read,
        ViewerFrame::read);
  }

  private static byte[] damage(byte[] frame, Random random) {
    var damaged = Arrays.copyOf(frame, frame.length);
    for (int i = 0; i <= random.nextInt(4); i++) {
      damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
    }
    return random.nextInt(4) == 0
        ? Arrays.copyOf(damaged, random.nextInt(damaged.length))
        : damaged;
  }

  private static <F> void roundTrip(String name, Function<byte[], F> reader, Class<F> family)
      throws IOException {
    var seen = new HashSet<Class<?>>();
    for (var sample : samples(name).entrySet()) {
      F frame = reader.apply(bytes(sample.getValue()));
      seen.add(frame.getClass());
      assertThat(sample.getValue().get("type").asText()).isEqualTo(sample.getKey());
      assertThat(PLAIN.readTree(Json.write(frame)))
          .as(sample.getKey())
          .isEqualTo(sample.getValue());
    }
    assertThat(seen).containsExactlyInAnyOrder(family.getPermittedSubclasses());
  }

  private static Map<String, JsonNode> samples(String name) throws IOException {
    var samples = new LinkedHashMap<String, JsonNode>();
    try (var file = WireSamplesTest.class.getResourceAsStream("/wire/" + name + ".json")) {
      PLAIN.readTree(file).properties().forEach(e -> samples.put(e.getKey(), e.getValue()));
    }
    return samples;
  }

  private static byte[] bytes(JsonNode node) {
    return node.toString().getBytes(StandardCharsets.UTF_8);
  }
}
