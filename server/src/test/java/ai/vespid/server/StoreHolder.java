package ai.vespid.server;

import java.io.IOException;
import java.nio.file.Path;

/** Both stores in a process of their own, which a test can kill. Prints their addresses. */
final class StoreHolder {
  private StoreHolder() {}

  public static void main(String[] arguments) throws IOException {
    var home = new Home(Path.of(arguments[0]));
    home.lock();
    var postgres = PostgresStore.start(home);
    var redis = RedisStore.start(home, "secret");
    var ready = new String[] {postgres.url(), redis.url()};
    home.write("ready", String.join(" ", ready));
    if (System.in.read() >= 0) throw new IllegalStateException("nobody writes here");
    redis.close();
    postgres.close();
  }
}
