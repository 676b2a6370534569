package ai.vespid.agent.session;

import ai.vespid.agent.session.SessionProvider.Time;
import ai.vespid.agent.session.SessionRecord.State;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;

/**
 * What sessions serve: one entry for each service of each running session, named {@code
 * session.service}, and one for a session that serves nothing, named as it is (V-17). Those that
 * have a port are asked {@code GET /health} (V-18).
 */
public final class Services {
  private static final int WAIT_MS = 5_000;
  private static final String SESSION = "session_id";

  /** How a service is. */
  public enum Health {
    @JsonProperty("unknown")
    UNKNOWN,
    @JsonProperty("healthy")
    HEALTHY,
    @JsonProperty("unhealthy")
    UNHEALTHY,
    /** Its session does not run. */
    @JsonProperty("stopped")
    STOPPED,
    @JsonProperty("no_port")
    NO_PORT
  }

  /**
   * One service.
   *
   * @param type the provider of its session
   * @param port of this machine, or null
   */
  public record Service(
      String name,
      String type,
      String status,
      Integer port,
      Health health,
      Map<String, String> labels,
      Map<String, String> metadata) {
    private Service with(Health seen) {
      return new Service(name, type, status, port, seen, labels, metadata);
    }
  }

  private final Sessions sessions;
  private volatile Map<String, Service> known = Map.of();
  private final Map<String, Health> seen = new ConcurrentHashMap<>();
  private final Map<String, String> moving = new ConcurrentHashMap<>();

  public Services(Sessions sessions) {
    this.sessions = sessions;
  }

  /** Looks which there are. */
  public void discover() throws InterruptedException {
    sessions.compare();
    var found = new TreeMap<String, Service>();
    for (var view : sessions.list()) {
      var record = view.record();
      boolean running = record.state() == State.RUNNING;
      if (!running && record.state() != State.STOPPED) continue;
      if (running && record.services().isEmpty()) add(found, record, record.id(), null);
      for (var service : record.services().keySet()) {
        add(found, record, record.id() + '.' + service, view.ports().get(service));
      }
    }
    seen.keySet().retainAll(found.keySet());
    known = found;
  }

  private void add(Map<String, Service> found, SessionRecord record, String name, Integer port) {
    var metadata = new HashMap<String, String>();
    metadata.put(SESSION, record.id());
    if (record.image() != null) metadata.put("image", record.image());
    boolean running = record.state() == State.RUNNING;
    var asked = port == null ? Health.NO_PORT : seen.getOrDefault(name, Health.UNKNOWN);
    found.put(
        name,
        new Service(
            name,
            record.provider(),
            moving.getOrDefault(record.id(), running ? "running" : "stopped"),
            port,
            running ? asked : Health.STOPPED,
            record.labels(),
            metadata));
  }

  /** What is done to the session of a service. */
  @FunctionalInterface
  private interface Move {
    void of(String sessionId) throws SessionFailed, IOException, InterruptedException;
  }

  /** Starts the session that serves it; {@code starting} until that runs (V-19). */
  public Service start(String name, Time time)
      throws SessionFailed, IOException, InterruptedException {
    return move(name, "starting", id -> sessions.start(id, time));
  }

  /** Stops the session that serves it, and whatever else that serves. */
  public Service stop(String name, Time time)
      throws SessionFailed, IOException, InterruptedException {
    return move(name, "stopping", id -> sessions.stop(id, time));
  }

  private Service move(String name, String meanwhile, Move move)
      throws SessionFailed, IOException, InterruptedException {
    discover();
    var id = find(name).metadata().get(SESSION);
    moving.put(id, meanwhile);
    try {
      discover();
      move.of(id);
    } finally {
      moving.remove(id);
      discover();
    }
    return find(name);
  }

  private Service find(String name) throws SessionFailed {
    var service = known.get(name);
    if (service == null) throw new SessionFailed("service " + name + " not found");
    return service;
  }

  /** All that were there when it was last looked, by name. */
  public Map<String, Service> list() {
    return known;
  }

  /** One of them, asked now. */
  public Optional<Service> ask(String name) {
    return Optional.ofNullable(known.get(name)).map(service -> service.with(health(service)));
  }

  /** Asks all of them, at the same time. */
  public void askAll() {
    var now = known;
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      now.values().forEach(service -> threads.submit(() -> health(service)));
    }
    var asked = new TreeMap<String, Service>();
    now.forEach((name, service) ->
        asked.put(name, service.with(seen.getOrDefault(name, service.health()))));
    known = asked;
  }

  private Health health(Service service) {
    if (service.port() == null) return service.health();
    var health = serves(service.port()) ? Health.HEALTHY : Health.UNHEALTHY;
    seen.put(service.name(), health);
    return health;
  }

  private static boolean serves(int port) {
    try {
      var url = URI.create("http://127.0.0.1:" + port + "/health").toURL();
      var connection = (HttpURLConnection) url.openConnection(Proxy.NO_PROXY);
      connection.setConnectTimeout(WAIT_MS);
      connection.setReadTimeout(WAIT_MS);
      connection.setInstanceFollowRedirects(false);
      try {
        return connection.getResponseCode() / 100 == 2;
      } finally {
        connection.disconnect();
      }
    } catch (IOException | ClassCastException e) {
      return false;
    }
  }
}
