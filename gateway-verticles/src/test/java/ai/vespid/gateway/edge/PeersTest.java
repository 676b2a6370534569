package ai.vespid.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.MultiMap;
import io.vertx.core.net.SocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whose word about others is believed. */
final class PeersTest {
  private static final MultiMap HEADERS =
      MultiMap.caseInsensitiveMultiMap().add("x-forwarded-for", "6.6.6.6, 192.0.2.7");

  private static String address(String proxies, String peer) {
    return Peers.of(proxies).address(HEADERS, SocketAddress.inetSocketAddress(1, peer));
  }

  @Test
  void aTrustedProxySaysWhereAnAgentIsAndNobodyBeforeItDoes() {
    assertThat(address("127.0.0.1", "127.0.0.1")).isEqualTo("192.0.2.7");
    assertThat(address("10.0.0.0/8,127.0.0.0/30", "127.0.0.3")).isEqualTo("192.0.2.7");
    assertThat(address("fd00::/16", "fd00::1")).isEqualTo("192.0.2.7");
  }

  @Test
  void nobodyElseIsBelieved() {
    assertThat(address(null, "127.0.0.1")).isEqualTo("127.0.0.1");
    assertThat(address("127.0.0.0/30", "127.0.0.4")).isEqualTo("127.0.0.4");
    assertThat(address("10.0.0.0/8", "127.0.0.1")).isEqualTo("127.0.0.1");
  }

  @Test
  void aCertificateThatIsNoneCountsAsNone() {
    var peers = Peers.of("127.0.0.1");
    var peer = SocketAddress.inetSocketAddress(1, "127.0.0.1");
    for (var text : new String[] {"", "x", "%", "-----BEGIN%20CERTIFICATE-----"}) {
      var headers = MultiMap.caseInsensitiveMultiMap().add("X-SSL-Client-Cert", text);
      assertThat(peers.certificates(null, headers, peer)).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"proxy", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/x", "1.1.1.1,,1.1.1.2"})
  void whatNamesNobodyIsRefused(String text) {
    assertThatThrownBy(() -> Peers.of(text)).isInstanceOf(IllegalArgumentException.class);
  }
}
