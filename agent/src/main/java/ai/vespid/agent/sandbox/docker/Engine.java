package ai.vespid.agent.sandbox.docker;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.core.DefaultDockerClientConfig;
import com.github.dockerjava.core.DockerClientImpl;
import com.github.dockerjava.zerodep.ZerodepDockerHttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The way to the engine. It is made when it is first needed: an agent without an engine pays
 * neither memory nor time for it.
 */
final class Engine {
  private static final String UNIX = "unix://";
  private static final int CONNECTIONS_MAX = 1_000;
  private static final Duration CONNECT_MAX = Duration.ofSeconds(5);

  private final String host;
  private final EngineTls tls;
  private DockerClient client;

  Engine(String host) {
    this(host, EngineTls.of(System.getenv()).orElse(null));
  }

  /**
   * @param tls null for none
   */
  Engine(String host, EngineTls tls) {
    this.host = host;
    this.tls = tls;
  }

  /** False when it is certain that there is none, found out without asking it. */
  boolean mayBeThere() {
    return !host.startsWith(UNIX) || Files.exists(Path.of(host.substring(UNIX.length())));
  }

  synchronized DockerClient client() {
    if (client == null) client = connect();
    return client;
  }

  // The version of the interface is left to the engine: naming one that it lacks fails every call.
  private DockerClient connect() {
    var config =
        DefaultDockerClientConfig.createDefaultConfigBuilder()
            .withDockerHost(host)
            .withDockerTlsVerify(false)
            .build();
    var http =
        new ZerodepDockerHttpClient.Builder()
            .dockerHost(config.getDockerHost())
            .sslConfig(tls)
            .maxConnections(CONNECTIONS_MAX)
            .connectionTimeout(CONNECT_MAX)
            .build();
    return DockerClientImpl.getInstance(config, http);
  }
}
