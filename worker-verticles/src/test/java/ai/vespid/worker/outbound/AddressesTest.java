package ai.vespid.worker.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AddressesTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.0.0.0",
        "127.0.0.1",
        "127.255.255.254",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fc00::1",
        "fd12:3456::1",
        "fec0::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::127.0.0.1",
        "64:ff9b::127.0.0.1",
        "64:ff9b:1::8.8.8.8",
        "2002:7f00:1::",
        "2002:a00:1::1",
        "2001:0:5ef5::1",
        "2001:db8::1",
        "3fff:1::1"
      })
  void whatIsNotPublicIsNotReached(String address) throws UnknownHostException {
    assertThat(Addresses.isPublic(InetAddress.getByName(address))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1.1.1.1",
        "8.8.8.8",
        "172.15.0.1",
        "172.32.0.1",
        "100.128.0.1",
        "192.0.1.1",
        "223.1.1.1",
        "2606:4700::1111",
        "2a00:1450::1",
        "64:ff9b::8.8.8.8",
        "2002:808:808::1",
        "::ffff:8.8.8.8"
      })
  void publicAddressesAreReached(String address) throws UnknownHostException {
    assertThat(Addresses.isPublic(InetAddress.getByName(address))).isTrue();
  }

  @Test
  void oneListedHostMayBeADomainWithAllItsHosts() {
    var rules = OutboundRules.of("api.example.com, *.trusted.org", false);

    assertThat(rules.allows("API.example.com.")).isTrue();
    assertThat(rules.allows("a.b.trusted.org")).isTrue();
    assertThat(rules.allows("trusted.org")).isFalse();
    assertThat(rules.allows("eviltrusted.org")).isFalse();
    assertThat(rules.allows("example.com")).isFalse();
    assertThat(OutboundRules.of(" ", false).allows("anything.at.all")).isTrue();
  }

  @Test
  void aNameThatAlsoLeadsToAPrivateAddressIsNotAllowed() throws UnknownHostException {
    var rules = OutboundRules.of(null, false);
    var mixed =
        new InetAddress[] {InetAddress.getByName("8.8.8.8"), InetAddress.getByName("10.0.0.1")};

    assertThat(rules.allows(mixed)).isFalse();
    assertThat(rules.allows(new InetAddress[0])).isFalse();
    assertThat(OutboundRules.of(null, true).allows(mixed)).isTrue();
  }
}
