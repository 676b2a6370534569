package ai.vespid.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.trust.CommandKeys;
import ai.vespid.protocol.trust.CommandVerifier;
import ai.vespid.protocol.trust.CommandVerifier.Verdict;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.util.Base64;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A gateway with two signing keys, as while one is replaced by the other. */
class EdgeSigningTest {
  @TempDir static Path folder;

  private static TestGateway gateway;
  private static PublicKey first;
  private static PublicKey second;

  @BeforeAll
  static void start() throws Exception {
    var one = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    var two = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    first = one.getPublic();
    second = two.getPublic();
    var file = Files.writeString(folder.resolve("signing.pem"), pem(one) + pem(two));
    gateway = new TestGateway();
    gateway.edgeConfig.put("signingKeyFile", file.toString());
    gateway.start();
  }

  @AfterAll
  static void stop() {
    gateway.close();
  }

  private static String pem(KeyPair pair) {
    var text = Base64.getMimeEncoder().encodeToString(pair.getPrivate().getEncoded());
    return "-----BEGIN PRIVATE KEY-----\n" + text + "\n-----END PRIVATE KEY-----\n";
  }

  private static FakeAgent agent(String... features) {
    var credentials = gateway.executor(UUID.randomUUID().toString());
    var agent = FakeAgent.extended(gateway, credentials).open(gateway);
    var all = new JsonArray().add("ack");
    for (var feature : features) all.add(feature);
    agent.send(agent.hello().put("features", all));
    return agent;
  }

  private static Verdict open(FakeAgent agent, JsonObject sealed, PublicKey key) {
    var verifier = new CommandVerifier(agent.credentials.executorId(), agent.bootId);
    return verifier.open(
        sealed.encode().getBytes(StandardCharsets.UTF_8),
        Map.of(CommandKeys.idOf(key), key),
        System.currentTimeMillis());
  }

  @Test
  void signsWithTheFirstKeyThatTheAgentKnows() {
    for (var known : new PublicKey[] {first, second}) {
      try (var agent = agent("signed", "signed:" + CommandKeys.idOf(known))) {
        var sealed = agent.await("signed_frame");

        assertThat(open(agent, sealed, known))
            .isInstanceOfSatisfying(
                Verdict.Good.class,
                good ->
                    assertThat(new String(good.frame(), StandardCharsets.UTF_8))
                        .contains("executor_welcome_v2"));
        sealed.put("nonce", "another");
        assertThat(open(agent, sealed, known)).isInstanceOf(Verdict.Denied.class);
      }
    }
  }

  @Test
  void saysNothingInClearToAnAgentThatWantsSignatures() {
    try (var agent = agent("signed", "signed:" + CommandKeys.idOf(first))) {
      assertThat(agent.await("signed_frame")).isNotNull();
      agent.send(new JsonObject().put("type", "nonsense"));

      var refusal = agent.await("signed_frame");

      assertThat(refusal.getJsonObject("frame").getString("code")).isEqualTo("FRAME_INVALID");
    }
  }

  @Test
  void sendsAwayWhoWouldObeyNothing() throws Exception {
    try (var agent = agent("signed", "signed:0123456789abcdef")) {
      assertThat(agent.await("executor_error_v2").getString("code"))
          .isEqualTo("SIGNING_KEY_UNKNOWN");
      assertThat(agent.closes.take()).isEqualTo("SIGNING_KEY_UNKNOWN");
    }
  }

  @Test
  void speaksInClearToOthersAndHearsOfDeniedFrames() {
    try (var agent = agent()) {
      assertThat(agent.await("executor_welcome_v2")).isNotNull();
      double before = gateway.meters.counter("vespid.edge.frames.invalid").count();
      agent.send(new JsonObject().put("type", "frame_denied").put("code", "REPLAY_DETECTED"));
      agent.send(new JsonObject().put("type", "nonsense"));

      assertThat(agent.await("executor_error_v2")).isNotNull();
      assertThat(gateway.meters.counter("vespid.edge.frames.invalid").count())
          .isEqualTo(before + 2);
    }
  }
}
