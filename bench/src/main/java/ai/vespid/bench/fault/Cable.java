package ai.vespid.bench.fault;

import java.util.List;

/**
 * What one agent is connected with: straight to every gateway, or through proxies that can fail.
 */
record Cable(List<String> urls, List<FaultProxy> proxies) implements AutoCloseable {
  private static final String PATH = "/ws/executor";

  static Cable straight(List<GatewayProcess> gateways) {
    return new Cable(gateways.stream().map(gateway -> url(gateway.port())).toList(), List.of());
  }

  static Cable through(List<GatewayProcess> gateways, FreePorts ports) {
    return through(gateways, ports, PATH);
  }

  /** As above, to another door than the agents'. */
  static Cable through(List<GatewayProcess> gateways, FreePorts ports, String path) {
    var proxies =
        gateways.stream().map(gateway -> new FaultProxy(ports.next(), gateway.port())).toList();
    return new Cable(proxies.stream().map(proxy -> url(proxy.port(), path)).toList(), proxies);
  }

  private static String url(int port) {
    return url(port, PATH);
  }

  private static String url(int port, String path) {
    return "ws://127.0.0.1:" + port + path;
  }

  boolean canFail() {
    return !proxies.isEmpty();
  }

  void cut() {
    proxies.forEach(proxy -> proxy.cut(FaultProxy.ANYBODY));
  }

  void silence() {
    proxies.forEach(proxy -> proxy.silence(FaultProxy.ANYBODY));
  }

  void heal() {
    proxies.forEach(proxy -> proxy.forward(FaultProxy.ANYBODY));
  }

  @Override
  public void close() {
    proxies.forEach(FaultProxy::close);
  }
}
