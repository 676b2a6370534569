package ai.vespid.bench;

import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Where an agent connects, as if a load balancer stood there: any of the gateways, and one that
 * cannot be reached is passed over at once.
 *
 * @param first the one it begins with
 * @param comesBack whether it connects again when it is lost; otherwise a loss is a flaw
 */
record Door(List<String> urls, int first, boolean comesBack) {
  static Door of(String url) {
    return new Door(List.of(url), 0, false);
  }

  /** The address for agents of a gateway. */
  static String path(String gatewayUrl) {
    return "ws" + gatewayUrl.substring("http".length()).replaceAll("/$", "") + "/ws/executor";
  }

  int any() {
    return ThreadLocalRandom.current().nextInt(urls.size());
  }

  String url(int number) {
    return urls.get(number % urls.size());
  }
}
