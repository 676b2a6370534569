package ai.vespid.protocol.trust;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.trust.CommandVerifier.Verdict;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CommandVerifierTest {
  private static final long NOW = 1_800_000_000_000L;
  private static final byte[] FRAME =
      "{\"type\":\"drain\", \"deadlineMs\" : 5}".getBytes(StandardCharsets.UTF_8);

  private final CommandVerifier verifier = new CommandVerifier("agent", "boot");
  private KeyPair pair;
  private Map<String, PublicKey> keys;
  private CommandKeys.Signing key;

  @BeforeEach
  void keys() throws Exception {
    pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    key = new CommandKeys.Signing(CommandKeys.idOf(pair.getPublic()), pair.getPrivate());
    keys = Map.of(key.id(), pair.getPublic());
  }

  private byte[] sealed() {
    return new CommandSigner(key, "agent", "boot").seal(FRAME, NOW);
  }

  private ErrorCode denial(byte[] sealed, long nowMs) {
    return verifier.open(sealed, keys, nowMs) instanceof Verdict.Denied(var code, var _)
        ? code
        : null;
  }

  @Test
  void opensWhatWasSignedToTheByte() {
    assertThat(verifier.open(sealed(), keys, NOW + 1_000))
        .isInstanceOfSatisfying(
            Verdict.Good.class, good -> assertThat(good.frame()).isEqualTo(FRAME));
  }

  @Test
  void aFrameCountsOnce() {
    var sealed = sealed();

    assertThat(denial(sealed, NOW)).isNull();
    assertThat(denial(sealed, NOW + 1)).isEqualTo(ErrorCode.REPLAY_DETECTED);
    assertThat(denial(sealed, NOW + 59_999)).isEqualTo(ErrorCode.REPLAY_DETECTED);
  }

  @Test
  void manyFramesOfOneSignerAreAllNew() {
    var signer = new CommandSigner(key, "agent", "boot");

    for (int i = 0; i < 100; i++) assertThat(denial(signer.seal(FRAME, NOW), NOW)).isNull();
  }

  @Test
  void whatIsTooOldOrOfTheFutureIsDenied() {
    assertThat(denial(sealed(), NOW + 60_000)).isNull();
    assertThat(denial(sealed(), NOW + 60_001)).isEqualTo(ErrorCode.EXPIRED_TOKEN);
    assertThat(denial(sealed(), NOW - 60_000)).isNull();
    assertThat(denial(sealed(), NOW - 60_001)).isEqualTo(ErrorCode.EXPIRED_TOKEN);
  }

  @Test
  void whatIsForAnotherAgentOrAnotherProcessOfThisOneIsDenied() {
    assertThat(denial(new CommandSigner(key, "other", "boot").seal(FRAME, NOW), NOW))
        .isEqualTo(ErrorCode.TARGET_MISMATCH);
    assertThat(denial(new CommandSigner(key, "agent", "before").seal(FRAME, NOW), NOW))
        .isEqualTo(ErrorCode.TARGET_MISMATCH);
    assertThat(denial(new CommandSigner(key, "agent", null).seal(FRAME, NOW), NOW))
        .isEqualTo(ErrorCode.TARGET_MISMATCH);
  }

  @Test
  void everyFieldIsPartOfWhatIsSigned() {
    var good = Json.read(sealed(), SignedFrame.class);
    var later = NOW + 10_000;
    for (var forged :
        List.of(
            with(good, "agent", "boot", good.nonce() + "1", NOW, RawJson.of(FRAME)),
            with(good, "agent2", "boot", good.nonce(), NOW, RawJson.of(FRAME)),
            with(good, "agent", "boot2", good.nonce(), NOW, RawJson.of(FRAME)),
            with(good, "agent", "boot", good.nonce(), later, RawJson.of(FRAME)),
            with(good, "agent", "boot", good.nonce(), NOW, RawJson.of("{\"type\":\"drain\"}")))) {
      assertThat(denial(Json.write(forged), NOW)).isEqualTo(ErrorCode.INVALID_SIGNATURE);
    }
  }

  private static SignedFrame with(
      SignedFrame good, String target, String boot, String nonce, long issuedAtMs, RawJson frame) {
    return new SignedFrame(
        good.keyId(),
        target,
        boot,
        nonce,
        issuedAtMs,
        issuedAtMs + SignedFrame.TTL_MS,
        good.signature(),
        frame);
  }

  @Test
  void aKeyThatIsNotKnownAndAFrameWithoutSignatureAreDenied() {
    assertThat(verifier.open(sealed(), Map.of(), NOW)).isInstanceOf(Verdict.Denied.class);
    assertThat(denial(FRAME, NOW)).isEqualTo(ErrorCode.INVALID_SIGNATURE);
    for (var nonsense : List.of("", "[]", "{\"type\":\"signed_frame\"}", "{\"type\":4}")) {
      assertThat(denial(nonsense.getBytes(StandardCharsets.UTF_8), NOW))
          .isEqualTo(ErrorCode.INVALID_SIGNATURE);
    }
  }

  @Test
  void whatItCannotRememberItDoesNotBelieve() {
    var small = new CommandVerifier("agent", "boot", 10);
    var signer = new CommandSigner(key, "agent", "boot");
    var first = signer.seal(FRAME, NOW);
    small.open(first, keys, NOW);
    for (int i = 1; i <= 20; i++) small.open(signer.seal(FRAME, NOW + i), keys, NOW + i);

    assertThat(small.open(first, keys, NOW + 30))
        .isEqualTo(new Verdict.Denied(ErrorCode.REPLAY_DETECTED, "it was seen before"));
  }

  @Test
  void keysAreReadFromFilesAndKnowEachOther(@TempDir Path folder) throws Exception {
    var second = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    var signing = folder.resolve("signing.pem");
    var checking = folder.resolve("checking.pem");
    Files.writeString(
        signing,
        pem("PRIVATE", pair.getPrivate().getEncoded())
            + pem("PRIVATE", second.getPrivate().getEncoded()));
    Files.writeString(
        checking,
        pem("PUBLIC", second.getPublic().getEncoded())
            + pem("PUBLIC", pair.getPublic().getEncoded()));

    var ours = CommandKeys.signing(signing);
    var theirs = CommandKeys.checking(checking);

    assertThat(ours)
        .extracting(CommandKeys.Signing::id)
        .containsExactlyInAnyOrderElementsOf(theirs.keySet());
    assertThat(ours.getFirst().id()).isEqualTo(key.id());
    var sealed = new CommandSigner(ours.getLast(), "agent", "boot").seal(FRAME, NOW);
    assertThat(verifier.open(sealed, theirs, NOW)).isInstanceOf(Verdict.Good.class);
  }

  private static String pem(String kind, byte[] key) {
    var text = Base64.getMimeEncoder().encodeToString(key);
    return "-----BEGIN %s KEY-----\n%s\n-----END %1$s KEY-----\n".formatted(kind, text);
  }
}
