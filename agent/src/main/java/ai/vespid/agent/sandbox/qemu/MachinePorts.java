package ai.vespid.agent.sandbox.qemu;

import ai.vespid.agent.sandbox.LoopbackPort;
import java.io.IOException;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Ports of this machine alone, behind which ports of a virtual machine are. Its network leads
 * nowhere else: QEMU lets only what comes in through these ports be answered.
 *
 * @param inside by service
 * @param here by service
 */
record MachinePorts(Map<String, Integer> inside, Map<String, Integer> here) {
  /** The address that QEMU's network gives the machine. */
  static final String ADDRESS = "10.0.2.15";

  MachinePorts {
    inside = Map.copyOf(inside);
    here = Map.copyOf(here);
  }

  /** Of a machine that serves nothing. */
  static final MachinePorts NONE = new MachinePorts(Map.of(), Map.of());

  /**
   * Finds free ones. Another program may take one before the machine has it, and then it does not
   * start.
   *
   * @param before the numbers they had last, which they get again where these are free
   */
  static MachinePorts choose(Map<String, Integer> inside, Map<String, Integer> before)
      throws IOException {
    var held = new ArrayList<ServerSocket>();
    try {
      var here = new TreeMap<String, Integer>();
      for (var service : inside.keySet()) {
        // Held until all are chosen, or two would get the same.
        var free = LoopbackPort.open(before.getOrDefault(service, 0), 1);
        held.add(free);
        here.put(service, free.getLocalPort());
      }
      return new MachinePorts(inside, here);
    } finally {
      for (var socket : held) socket.close();
    }
  }

  boolean any() {
    return !inside.isEmpty();
  }

  /** What QEMU is told. */
  List<String> options() {
    if (!any()) return List.of("-nic", "none");
    var net = new StringBuilder("user,id=net,restrict=on,ipv6=off");
    inside.forEach((service, port) ->
        net.append(",hostfwd=tcp:127.0.0.1:%d-%s:%d".formatted(here.get(service), ADDRESS, port)));
    return List.of("-netdev", net.toString(), "-device", "virtio-net-pci,netdev=net,romfile=");
  }
}
