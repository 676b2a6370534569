package ai.vespid.agent;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.agent.link.Backoff;
import ai.vespid.agent.link.Link;
import ai.vespid.agent.trust.CommandGate;
import ai.vespid.agent.trust.GatewayTrust;
import ai.vespid.agent.trust.TrustChoice;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.executor.ExecutorFrame.FrameDenied;
import ai.vespid.protocol.executor.ExecutorFrame.Hello;
import ai.vespid.protocol.executor.Frames;
import ai.vespid.protocol.executor.GatewayFrame;
import ai.vespid.protocol.executor.GatewayFrame.Drain;
import ai.vespid.protocol.trust.CommandKeys;
import ai.vespid.protocol.trust.CommandSigner;
import ai.vespid.protocol.trust.CommandVerifier.Verdict;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Over a real link: what is signed is heard, what is not is denied and told. */
class SignedCommandsTest implements Link.Listener {
  private static final String BOOT = "boot-1";

  @TempDir Path folder;

  private final TestGateway gateway = new TestGateway();
  private final Vertx vertx = Vertx.vertx();
  private final BlockingQueue<GatewayFrame> heard = new LinkedBlockingQueue<>();
  private KeyPair pair;
  private CommandKeys.Signing key;
  private CommandGate gate;
  private Link link;

  @BeforeEach
  void connect() throws Exception {
    gateway.neverWelcome();
    pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    key = new CommandKeys.Signing(CommandKeys.idOf(pair.getPublic()), pair.getPrivate());
    var file = folder.resolve("keys.pem");
    var text = Base64.getMimeEncoder().encodeToString(pair.getPublic().getEncoded());
    Files.writeString(file, "-----BEGIN PUBLIC KEY-----\n" + text + "\n-----END PUBLIC KEY-----\n");
    gate = new CommandGate(file, TestGateway.EXECUTOR, BOOT);
    gate.read();
    var target =
        new Link.Target(gateway.url(), TestGateway.TOKEN, new GatewayTrust(TrustChoice.NONE), null);
    link = new Link(vertx, target, Link.Pace.USUAL, this, new Backoff(new Random(1)));
    link.start();
    gateway.connection();
  }

  @AfterEach
  void stop() {
    vertx.close().await();
    gateway.close();
  }

  @Override
  public Hello hello() {
    return new Hello(
        "1",
        TestGateway.EXECUTOR,
        Pool.BYON,
        TestGateway.ORGANIZATION,
        "n",
        List.of(),
        1,
        Set.of(Kind.AGENT_EXECUTE),
        List.of(),
        null,
        BOOT,
        gate.features(),
        null,
        null);
  }

  @Override
  public void opened() {}

  @Override
  public byte[] believed(byte[] frame) {
    return switch (gate.open(frame)) {
      case Verdict.Good(var inner) -> inner;
      case Verdict.Denied(var code, var message) -> {
        link.send(new FrameDenied(code.name(), message));
        yield null;
      }
    };
  }

  @Override
  public void received(GatewayFrame frame) {
    heard.add(frame);
  }

  private String sealed(CommandSigner signer, GatewayFrame frame) {
    var bytes = signer.seal(Frames.write(frame), System.currentTimeMillis());
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static GatewayFrame cancel() {
    return new GatewayFrame.DispatchCancel("a:b:1", 1, "x");
  }

  private CommandSigner signer(CommandKeys.Signing key) {
    return new CommandSigner(key, TestGateway.EXECUTOR, BOOT);
  }

  private void denies(String code) throws InterruptedException {
    assertThat(gateway.next(FrameDenied.class).code()).isEqualTo(code);
    assertThat(heard).isEmpty();
  }

  @Test
  void saysWhichKeysItKnowsAndObeysThem() throws Exception {
    assertThat(gateway.next(Hello.class).features()).contains("signed", "signed:" + key.id());

    gateway.sendText(sealed(signer(key), cancel()));

    assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo(cancel());
  }

  @Test
  void obeysNothingElse() throws Exception {
    var stranger = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();

    gateway.send(cancel());
    denies("INVALID_SIGNATURE");
    gateway.send(new Drain(5L));
    denies("INVALID_SIGNATURE");
    gateway.sendText(
        sealed(signer(new CommandKeys.Signing(key.id(), stranger.getPrivate())), cancel()));
    denies("INVALID_SIGNATURE");
    gateway.sendText(sealed(new CommandSigner(key, TestGateway.EXECUTOR, "boot-0"), cancel()));
    denies("TARGET_MISMATCH");
    var old = signer(key).seal(Frames.write(cancel()), System.currentTimeMillis() - 61_000);
    gateway.sendText(new String(old, StandardCharsets.UTF_8));
    denies("EXPIRED_TOKEN");
  }

  @Test
  void obeysOnce() throws Exception {
    var sealed = sealed(signer(key), cancel());
    gateway.sendText(sealed);
    assertThat(heard.poll(20, TimeUnit.SECONDS)).isNotNull();

    gateway.sendText(sealed);

    denies("REPLAY_DETECTED");
  }

  @Test
  void aRefusalIsHeardWithoutASignature() throws Exception {
    var refusal = new GatewayFrame.Refusal("SIGNING_KEY_UNKNOWN", "none is known", null);

    gateway.send(refusal);

    assertThat(heard.poll(20, TimeUnit.SECONDS)).isEqualTo(refusal);
    assertThat(gateway.poll(FrameDenied.class, 50)).isNull();
  }
}
