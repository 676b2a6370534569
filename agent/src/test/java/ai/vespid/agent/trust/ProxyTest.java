package ai.vespid.agent.trust;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ProxyTest {
  @Test
  void readsItsAddressAndItsCredentials() {
    assertThat(Proxy.parse("http://proxy:3128")).contains(new Proxy("proxy", 3128, null, null));
    assertThat(Proxy.parse("http://proxy/")).contains(new Proxy("proxy", 3128, null, null));
    assertThat(Proxy.parse("http://me:p%40ss+word@10.0.0.1:8080"))
        .contains(new Proxy("10.0.0.1", 8080, "me", "p@ss+word"));
  }

  @Test
  void takesNothingElse() {
    for (var text :
        List.of(
            "proxy:3128", "socks5://proxy:1080", "http://", "http://p/x", "http://p:99999", "%"))
      assertThat(Proxy.parse(text)).as(text).isEmpty();
  }

  @Test
  void neverShowsThePassword() {
    assertThat(Proxy.parse("http://me:secret@proxy:3128").orElseThrow().toString())
        .isEqualTo("proxy:3128");
  }

  @Test
  void hostsThatAreExemptAreThoseOfTheList() {
    var list = List.of("localhost", ".corp.example", "*.lab", "10.0.0.7");

    for (var host : List.of("localhost", "gw.corp.example", "corp.example", "a.lab", "10.0.0.7")) {
      assertThat(Proxy.exempt(host, list)).as(host).isTrue();
    }
    for (var host : List.of("notcorp.example", "10.0.0.70", "example", "lab.example")) {
      assertThat(Proxy.exempt(host, list)).as(host).isFalse();
    }
    assertThat(Proxy.exempt("anything", List.of("*"))).isTrue();
  }
}
