package ai.vespid.agent.sandbox.lxc;

import ai.vespid.agent.session.SessionRecord;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;

/**
 * The ports of this machine at which services of running containers are reached. They are this
 * process's and end with it; the next one opens them again, at the same numbers where they are
 * free.
 */
final class LxcPorts {
  private final Map<String, Map<String, PortForward>> all = new HashMap<>();

  /**
   * Opens those that are not open yet.
   *
   * @param address of the container
   * @param before the numbers they had last
   * @return numbers by service
   */
  synchronized Map<String, Integer> open(
      SessionRecord session, String address, Map<String, Integer> before) throws IOException {
    var forwards = all.computeIfAbsent(session.handle(), _ -> new HashMap<>());
    var ports = new HashMap<String, Integer>();
    for (var service : session.services().entrySet()) {
      var forward = forwards.get(service.getKey());
      if (forward == null) {
        var inside = new InetSocketAddress(address, service.getValue());
        forward = PortForward.open(inside, before.getOrDefault(service.getKey(), 0));
        forwards.put(service.getKey(), forward);
      }
      ports.put(service.getKey(), forward.port());
    }
    return ports;
  }

  synchronized void close(String handle) {
    var forwards = all.remove(handle);
    if (forwards != null) forwards.values().forEach(PortForward::close);
  }
}
