package ai.vespid.worker.outbound;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Where workflows may send requests to.
 *
 * @param hosts the only hosts allowed, {@code example.com} or {@code *.example.com}; empty allows
 *     all
 * @param privateAllowed true when addresses that are not public may be reached as well
 */
public record OutboundRules(List<String> hosts, boolean privateAllowed) {
  public OutboundRules {
    hosts = hosts.stream().map(OutboundRules::plain).filter(host -> !host.isEmpty()).toList();
  }

  /**
   * @param hosts separated by commas; null or blank allows all
   */
  public static OutboundRules of(String hosts, boolean privateAllowed) {
    var list = hosts == null ? List.<String>of() : Arrays.asList(hosts.split(","));
    return new OutboundRules(list, privateAllowed);
  }

  boolean allows(String host) {
    var plain = plain(host);
    return hosts.isEmpty() || hosts.stream().anyMatch(allowed -> matches(allowed, plain));
  }

  private static boolean matches(String allowed, String host) {
    return allowed.startsWith("*.") ? host.endsWith(allowed.substring(1)) : host.equals(allowed);
  }

  private static String plain(String host) {
    var lower = host.strip().toLowerCase(Locale.ROOT);
    return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
  }

  /** One address that is not allowed spoils the name: it may be the next one that is tried. */
  boolean allows(InetAddress[] addresses) {
    return addresses.length > 0
        && (privateAllowed || Arrays.stream(addresses).allMatch(Addresses::isPublic));
  }
}
