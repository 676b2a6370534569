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
    var proxies =
        gateways.stream().map(gateway -> new FaultProxy(ports.next(), gateway.port())).toList();
    return new Cable(proxies.stream().map(proxy -> url(proxy.port())).toList(), proxies);
  }

  private static String url(int port) {
    return "ws://127.0.0.1:" + port + PATH;
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
