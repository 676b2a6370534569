package ai.vespid.agent.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.agent.AgentFailure;
import ai.vespid.protocol.trust.TestAuthority;
import ai.vespid.protocol.trust.TestAuthority.Issued;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What cannot be used is told before anything is dialled, with a code each. */
class GatewayTrustTest {
  private static final URI GATEWAY = URI.create("wss://gateway.example/ws/executor");

  @TempDir static Path folder;

  private static TestAuthority authority;
  private static Issued own;
  private static Issued other;

  @BeforeAll
  static void certificates() throws Exception {
    authority = new TestAuthority(folder, "authority");
    own = authority.issue("own");
    other = authority.issue("other");
  }

  private static List<String> flaws(TrustChoice choice) {
    return new GatewayTrust(choice).flaws(GATEWAY).stream().map(Flaw::code).toList();
  }

  private static TrustChoice own(Path certificate, Path key) {
    return new TrustChoice(null, null, certificate, key, List.of());
  }

  @Test
  void whatFitsTogetherHasNoFlaw() throws Exception {
    var choice =
        new TrustChoice(
            authority.certificate(),
            authority.revocations("list.crl"),
            own.certificate(),
            own.key(),
            List.of(Pin.of(other.parsed().getPublicKey()).toString(), "sha256:" + "0".repeat(64)));

    assertThat(flaws(choice)).isEmpty();
    assertThat(flaws(TrustChoice.NONE)).isEmpty();
  }

  @Test
  void everythingThatIsWrongIsToldAtOnce() {
    var absent = folder.resolve("absent");

    assertThat(flaws(new TrustChoice(absent, absent, absent, absent, List.of("abc"))))
        .containsExactlyInAnyOrder(
            "TLS_CA_UNREADABLE",
            "TLS_CRL_UNREADABLE",
            "TLS_PIN_INVALID",
            "TLS_CERT_UNREADABLE",
            "TLS_KEY_UNREADABLE");
    assertThatThrownBy(() ->
            new GatewayTrust(new TrustChoice(absent, null, null, null, List.of())).check(GATEWAY))
        .isInstanceOf(AgentFailure.class)
        .hasMessageStartingWith("VESPID_AGENT_TLS_CA_FILE_INVALID: TLS_CA_UNREADABLE");
  }

  @Test
  void filesThatHoldSomethingElse() throws IOException {
    var words = Files.writeString(folder.resolve("words"), "words");
    Files.setPosixFilePermissions(words, PosixFilePermissions.fromString("rw-------"));

    assertThat(flaws(new TrustChoice(words, words, words, words, List.of())))
        .containsExactlyInAnyOrder(
            "TLS_CA_INVALID", "TLS_CRL_INVALID", "TLS_CERT_INVALID", "TLS_KEY_INVALID");
  }

  @Test
  void aCertificateWithoutItsKey() {
    assertThat(flaws(own(own.certificate(), null))).containsExactly("TLS_INCOMPLETE");
    assertThat(flaws(own(null, own.key()))).containsExactly("TLS_INCOMPLETE");
  }

  @Test
  void theKeyOfAnotherCertificate() {
    assertThat(flaws(own(own.certificate(), other.key()))).containsExactly("TLS_KEY_MISMATCH");
  }

  @Test
  void aKeyThatOthersCanRead() throws IOException {
    var open = folder.resolve("open.key");
    Files.copy(own.key(), open);
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rw-r--r--"));

    assertThat(flaws(own(own.certificate(), open))).containsExactly("TLS_KEY_OPEN");
  }

  @Test
  void aCertificateThatExpired() throws Exception {
    var expired = authority.issueExpired("own");

    assertThat(flaws(own(expired.certificate(), expired.key())))
        .containsExactly("TLS_CERT_EXPIRED");
    assertThat(flaws(new TrustChoice(expired.certificate(), null, null, null, List.of())))
        .containsExactly("TLS_CA_EXPIRED");
  }

  @Test
  void trustWithoutTls() {
    var choice = new TrustChoice(authority.certificate(), null, null, null, List.of());

    assertThat(new GatewayTrust(choice).flaws(URI.create("ws://gateway.example/ws")))
        .extracting(Flaw::code)
        .containsExactly("TLS_REQUIRED");
  }

  @Test
  void aPinIsWrittenInSeveralWays() {
    var pin = Pin.of(own.parsed().getPublicKey());

    assertThat(Pin.parse(pin.toString())).contains(pin);
    assertThat(Pin.parse("sha256//" + pin.hash())).contains(pin);
    assertThat(Pin.parse(pin.hash())).contains(pin);
    assertThat(Pin.parse("sha1/" + pin.hash())).isEmpty();
    assertThat(Pin.parse("")).isEmpty();
    var slash = new Pin("/" + "A".repeat(42) + "=");
    assertThat(Pin.parse(slash.toString())).as("its hash begins with a slash").contains(slash);
    assertThat(Pin.parse("sha256//" + slash.hash())).contains(slash);
    assertThat(Pin.parse(slash.hash())).contains(slash);
  }
}
