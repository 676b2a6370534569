package ai.vespid.agent.sandbox.lxc;

import ai.vespid.agent.settings.Problems;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;

/**
 * The bridge that containers with a network are on, and which of its addresses are taken. The first
 * address is the bridge's own, and the way out.
 */
public final class LxcNetwork {
  private static final Pattern SETTING =
      Pattern.compile("([a-zA-Z0-9][a-zA-Z0-9_.-]{0,14}):(\\d{1,3}\\.\\d{1,3}\\.\\d{1,3})\\.0/24");
  private static final int FIRST = 2;
  private static final int LAST = 254;

  private final String bridge;
  private final String prefix;
  private final Set<String> leased = ConcurrentHashMap.newKeySet();

  private LxcNetwork(String bridge, String prefix) {
    this.bridge = bridge;
    this.prefix = prefix;
  }

  /**
   * Reads {@code bridge:a.b.c.0/24}.
   *
   * @param setting null or {@code none} for none
   * @return null for none
   */
  public static LxcNetwork read(String setting, String where, Problems problems) {
    if (setting == null || setting.equals("none")) return null;
    var parts = SETTING.matcher(setting);
    if (!parts.matches()) {
      problems.add(where, "must be bridge:a.b.c.0/24, or none");
      return null;
    }
    return new LxcNetwork(parts.group(1), parts.group(2));
  }

  /** An address that no other container has; null when there is none left. */
  String lease() {
    int offset = ThreadLocalRandom.current().nextInt(LAST - FIRST + 1);
    for (int i = 0; i <= LAST - FIRST; i++) {
      var address = prefix + '.' + (FIRST + (offset + i) % (LAST - FIRST + 1));
      if (leased.add(address)) return address;
    }
    return null;
  }

  /** One that a container has since before this process. */
  void keep(String address) {
    leased.add(address);
  }

  void release(String address) {
    leased.remove(address);
  }

  List<String> settings(String address) {
    return List.of(
        "lxc.net.0.type=veth",
        "lxc.net.0.link=" + bridge,
        "lxc.net.0.name=eth0",
        "lxc.net.0.flags=up",
        "lxc.net.0.ipv4.address=" + address + "/24",
        "lxc.net.0.ipv4.gateway=" + prefix + ".1");
  }
}
