package ai.vespid.bench.fault;

import ai.vespid.bench.ControlApi;
import ai.vespid.bench.Credential;
import ai.vespid.bench.Provisioner;
import ai.vespid.protocol.Pool;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/**
 * The processes of a run: stores, and gateways that share them, each reachable for the others only
 * through a proxy where connections shall fail. Ends all of them when it is closed, and when this
 * program is ended.
 */
public final class Site implements AutoCloseable {
  private static final String HOST = "127.0.0.1";
  private static final int SECRET_BYTES = 32;
  private static final Duration FORMED_MAX = Duration.ofMinutes(2);
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private final Thread hook = new Thread(this::close, "end processes");
  private final Children children = new Children();
  private final FreePorts ports = new FreePorts();
  private final Requests requests = new Requests();
  private final Path vespid;
  private final Path home;
  private final Wiring wiring;
  private final Map<String, String> shared = new HashMap<>();
  private final List<GatewayProcess> gateways = new ArrayList<>();
  private final Map<String, List<FaultProxy>> proxies = new HashMap<>();
  private StoresProcess stores;
  private long formedMs;
  private long formedAtNanos;

  /** What stands between gateways. */
  public enum Wiring {
    /** Proxies that can be told to fail. */
    PROXIES,
    /** Nothing: what is measured is the gateways. */
    DIRECT
  }

  private Site(Path vespid, Path home, Wiring wiring) {
    this.vespid = vespid;
    this.home = home;
    this.wiring = wiring;
  }

  /**
   * Starts everything; on a failure nothing is left running.
   *
   * @param environment variables of every gateway, above those it has anyway
   */
  public static Site open(
      Path vespid, Path home, int gateways, Wiring wiring, Map<String, String> environment) {
    var site = new Site(vespid, home, wiring);
    Runtime.getRuntime().addShutdownHook(site.hook);
    try {
      site.begin(gateways, environment);
      return site;
    } catch (RuntimeException e) {
      site.close();
      throw e;
    }
  }

  private void begin(int count, Map<String, String> environment) {
    // Closed last: what nobody else has ended.
    opened(children);
    stores = opened(new StoresProcess(vespid, home, ports, children));
    stores.awaitReady();
    for (var secret :
        List.of(
            "GATEWAY_SERVICE_TOKEN",
            "AUTH_TOKEN_SECRET",
            "REFRESH_TOKEN_SECRET",
            "WORKSPACE_SIGNING_SECRET",
            "SECRETS_KEK_BASE64")) {
      shared.put(secret, secret());
    }
    shared.put("DATABASE_URL", stores.databaseUrl());
    shared.put("REDIS_URL", stores.redisUrl());
    shared.put("GATEWAY_ORG_MAX_INFLIGHT", "100000");
    // The audit asks for those of the first repetition too.
    shared.put("GATEWAY_RESULTS_TTL_SEC", "86400");
    shared.putAll(environment);
    describe(count);
    long begun = System.nanoTime();
    // The first one migrates the database.
    gateways.getFirst().start();
    gateways.getFirst().awaitReady();
    gateways.stream().skip(1).forEach(GatewayProcess::start);
    gateways.stream().skip(1).forEach(GatewayProcess::awaitReady);
    while (!client().formed(gateways)) {
      if (System.nanoTime() - begun > FORMED_MAX.toNanos()) {
        throw new IllegalStateException("the gateways have not found each other: " + home);
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
    formedAtNanos = System.nanoTime();
    formedMs = TimeUnit.NANOSECONDS.toMillis(formedAtNanos - begun);
  }

  /** How long ago its gateways had found each other: homes moved then. */
  long formedAgoMs() {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - formedAtNanos);
  }

  /** How long its gateways took, from the first one's start until each saw that all serve. */
  public long formedMs() {
    return formedMs;
  }

  private void describe(int count) {
    var members = new ArrayList<String>();
    var environments = new ArrayList<Map<String, String>>();
    for (int i = 1; i <= count; i++) {
      var environment = environment("gw-" + i);
      if (count > 1) members.add(HOST + ":" + cluster(environment));
      environments.add(environment);
    }
    for (var environment : environments) {
      if (count > 1) environment.put("CLUSTER_MEMBERS", String.join(",", members));
      gateways.add(
          opened(
              new GatewayProcess(
                  environment.get("GATEWAY_NODE_NAME"),
                  vespid,
                  home,
                  environment,
                  requests,
                  children)));
    }
  }

  private Map<String, String> environment(String name) {
    var environment = new HashMap<>(shared);
    environment.put("GATEWAY_ROLE", "all");
    environment.put("GATEWAY_NODE_NAME", name);
    environment.put("GATEWAY_HOST", HOST);
    environment.put("API_HOST", HOST);
    for (var port : List.of("API_PORT", "GATEWAY_PORT", "ENGINE_RUNNER_PORT")) {
      environment.put(port, "" + ports.next());
    }
    return environment;
  }

  // Where proxies are wanted the others reach it only through some that know them apart.
  private int cluster(Map<String, String> environment) {
    int memberPort = ports.next();
    int busPort = ports.next();
    environment.put("CLUSTER_HOST", HOST);
    environment.put("CLUSTER_PORT", "" + memberPort);
    environment.put("CLUSTER_BUS_PORT", "" + busPort);
    if (wiring == Wiring.DIRECT) return memberPort;
    var owner = new SocketOwner(this::gatewayPids);
    var member = opened(new FaultProxy(ports.next(), memberPort, owner::of));
    var bus = opened(new FaultProxy(ports.next(), busPort, owner::of));
    proxies.put(environment.get("GATEWAY_NODE_NAME"), List.of(member, bus));
    environment.put("CLUSTER_PUBLIC_PORT", "" + member.port());
    environment.put("CLUSTER_BUS_PUBLIC_PORT", "" + bus.port());
    return member.port();
  }

  private Map<String, Long> gatewayPids() {
    return gateways.stream()
        .filter(GatewayProcess::isAlive)
        .collect(Collectors.toMap(GatewayProcess::name, gateway -> gateway.child().pid()));
  }

  private synchronized <T extends AutoCloseable> T opened(T resource) {
    opened.push(resource);
    return resource;
  }

  private static String secret() {
    var bytes = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(bytes);
    return Base64.getEncoder().encodeToString(bytes);
  }

  Path home() {
    return home;
  }

  public FreePorts ports() {
    return ports;
  }

  StoresProcess stores() {
    return stores;
  }

  public List<GatewayProcess> gateways() {
    return List.copyOf(gateways);
  }

  public GatewayClient client() {
    return new GatewayClient(requests, serviceToken());
  }

  /** What opens the internal API of every gateway; a secret. */
  public String serviceToken() {
    return shared.get("GATEWAY_SERVICE_TOKEN");
  }

  /** Credentials of agents of a new organization. */
  public List<Credential> agents(int count) {
    var email = "fault-" + UUID.randomUUID() + "@vespid.local";
    return provision(new Provisioner.Account(email, secret(), null), Pool.BYON, count);
  }

  /** Credentials of agents that all organizations share. */
  public List<Credential> managedAgents(int count) {
    return provision(new Provisioner.Account(null, null, serviceToken()), Pool.MANAGED, count);
  }

  private List<Credential> provision(Provisioner.Account account, Pool pool, int count) {
    try (var api = new ControlApi(gateways.getFirst().apiUrl())) {
      return new Provisioner(api, account).provision(pool, count);
    }
  }

  /** Nothing comes through between one gateway and the others, in both directions. */
  void isolate(String name) {
    proxies.forEach((target, inbound) -> {
      for (var other : gateways) {
        boolean across = target.equals(name) != other.name().equals(name);
        if (across) inbound.forEach(proxy -> proxy.silence(other.name()));
      }
    });
  }

  void rejoin() {
    proxies
        .values()
        .forEach(inbound ->
            inbound.forEach(proxy -> gateways.forEach(gateway -> proxy.forward(gateway.name()))));
  }

  /**
   * A process that carries out runs, at the first gateway; it is not started.
   *
   * @param config which verticles it has
   * @param more variables above those it has anyway
   */
  WorkerProcess worker(String name, Path config, Map<String, String> more) {
    var environment = environment(name);
    environment.put("VESPID_CONFIG", config.toString());
    environment.put("GATEWAY_HTTP_URL", gateways.getFirst().url());
    environment.putAll(more);
    return opened(new WorkerProcess(name, vespid, home, environment, children));
  }

  /** A gateway without memory and without Redis: it answers what PostgreSQL holds. */
  GatewayProcess auditor() {
    var environment = environment("audit");
    environment.put("REDIS_URL", "redis://" + HOST + ":" + ports.next());
    var auditor =
        opened(new GatewayProcess("audit", vespid, home, environment, requests, children));
    auditor.start();
    auditor.awaitReady();
    return auditor;
  }

  /** Ends every process by its pid, the stores last. */
  @Override
  public void close() {
    // Whoever ends the program does so while a gateway is being started, too.
    children.noMore();
    closeAll();
  }

  private synchronized void closeAll() {
    RuntimeException first = null;
    while (!opened.isEmpty()) {
      try {
        opened.pop().close();
      } catch (Exception e) {
        // The others are ended all the same, then it is said.
        if (first == null) first = new IllegalStateException("not all processes ended well", e);
      }
    }
    requests.close();
    if (Thread.currentThread() != hook) Runtime.getRuntime().removeShutdownHook(hook);
    if (first != null) throw first;
  }
}
