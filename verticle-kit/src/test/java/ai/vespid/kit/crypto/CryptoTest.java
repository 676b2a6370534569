package ai.vespid.kit.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CryptoTest {
  private static final String KEK = Base64.getEncoder().encodeToString(new byte[32]);

  @Test
  void opensWhatItSealedAndSealsNothingTwiceAlike() {
    var envelope = new Envelope("k1", KEK);
    var sealed = envelope.seal("pässword");

    assertThat(envelope.open(sealed)).isEqualTo("pässword");
    assertThat(envelope.seal("pässword")).isNotEqualTo(sealed);
  }

  @Test
  void opensNeitherChangedBytesNorAnothersKey() {
    var envelope = new Envelope("k1", KEK);
    var sealed = envelope.seal("secret");
    assertThatThrownBy(() -> new Envelope("k2", KEK).open(sealed))
        .hasMessage("SECRETS_KEK_NOT_FOUND");
    sealed[sealed.length - 1] ^= 1;
    assertThatThrownBy(() -> envelope.open(sealed)).hasMessage("SECRETS_DECRYPT_FAILED");
  }

  @Test
  void opensUnderOlderKeysAndWrapsThemAnewWithoutTouchingTheValue() {
    var other = Base64.getEncoder().encodeToString("another key of thirty-two bytes!".getBytes());
    var sealed = new Envelope("k1", KEK).sealApart("secret");
    var both = new Envelope("k2", other, Map.of("k1", KEK));

    var anew =
        new Envelope.Sealed(
            both.kekId(), both.rewrap("k1", sealed.wrappedDek()), sealed.ciphertext());

    assertThat(both.open(sealed)).isEqualTo("secret");
    assertThat(new Envelope("k2", other).open(anew)).isEqualTo("secret");
    assertThat(both.open(new Envelope("k1", KEK).seal("x"))).isEqualTo("x");
    assertThatThrownBy(() -> new Envelope("k1", other, Map.of("k1", KEK)))
        .hasMessageContaining("SECRETS_KEK_OLD");
  }

  @Test
  void namesTheSettingOfABadKeyAndNeverItsValue() {
    assertThatThrownBy(() -> new Envelope("k", "not base64!"))
        .hasMessageContaining("SECRETS_KEK_BASE64")
        .hasMessageNotContaining("not base64!");
    assertThatThrownBy(() -> new Envelope("k", "AAAA")).hasMessageContaining("32 bytes");
  }

  @Test
  void permitsOneMethodOnOnePathUntilOneMoment() {
    var urls = new SignedUrls("secret");
    var query = urls.sign("PUT", "/a", 100).substring("/a?".length()).split("[=&]");
    var expires = query[1];
    var signature = query[3];

    assertThat(urls.permits("PUT", "/a", expires, signature, 100)).isTrue();
    assertThat(urls.permits("PUT", "/a", expires, signature, 101)).isFalse();
    assertThat(urls.permits("GET", "/a", expires, signature, 100)).isFalse();
    assertThat(urls.permits("PUT", "/b", expires, signature, 100)).isFalse();
    assertThat(urls.permits("PUT", "/a", "200", signature, 100)).isFalse();
    assertThat(urls.permits("PUT", "/a", "x", signature, 100)).isFalse();
    assertThat(urls.permits("PUT", "/a", null, null, 100)).isFalse();
    assertThat(new SignedUrls("other").permits("PUT", "/a", expires, signature, 100)).isFalse();
  }

  @Test
  void comparesTokensWhateverTheirLength() {
    assertThat(Tokens.same("a", "a")).isTrue();
    assertThat(Tokens.same("a", "ab")).isFalse();
    assertThat(Tokens.same("a", null)).isFalse();
    assertThat(Tokens.hash("a")).hasSize(64).isEqualTo(Tokens.hash("a"));
  }
}
