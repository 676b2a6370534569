package ai.vespid.bench;

import java.net.URI;

/** Where a system listens. */
record Endpoint(String host, int port) {
  static Endpoint of(String url) {
    var uri = URI.create(url);
    if (uri.getHost() == null || !"http".equals(uri.getScheme())) {
      throw new IllegalArgumentException("expected http://host[:port]: " + url);
    }
    return new Endpoint(uri.getHost(), uri.getPort() < 0 ? 80 : uri.getPort());
  }

  String authority() {
    return host + ':' + port;
  }
}
