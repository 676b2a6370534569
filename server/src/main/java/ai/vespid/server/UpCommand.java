package ai.vespid.server;

import ai.vespid.gateway.control.Bootstrap;
import ai.vespid.kit.http.Ports;
import ai.vespid.kit.node.ConfigurationException;
import ai.vespid.sql.ExecutorRepository;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Everything on one machine, with one command. */
@Command(
    name = "up",
    description = "Runs everything on this machine: stores, server and a local agent.")
final class UpCommand implements Callable<Integer> {
  private static final String OWNER_EMAIL = "owner@vespid.local";
  private static final Duration STEP_MAX = Duration.ofSeconds(20);
  private static final Duration AGENT_MAX = Duration.ofSeconds(30);
  private static final long LOOK_NANOS = 100_000_000;

  @Spec private CommandSpec spec;

  private final Map<String, String> variables;

  UpCommand(Map<String, String> variables) {
    this.variables = variables;
  }

  @Override
  public Integer call() {
    long begun = System.nanoTime();
    var home = Home.of(variables);
    EnvironmentReader.check(variables);
    for (var port : EnvironmentReader.portsOfUp(variables).entrySet()) {
      Ports.requireFree(port.getValue(), port.getKey());
    }
    try (var startup = new Startup()) {
      startup.opened(home.lock());
      var secrets = Secrets.loadOrCreate(home);
      var environment = new HashMap<>(secrets);
      environment.putAll(variables);
      startStores(startup, home, environment);
      var complete = Secrets.complete(environment);
      var config = ServerConfig.read(Startup.configFile(complete), complete, Server.catalogue());
      step("migrating the database");
      Startup.migrate(complete);
      step("starting " + config.deployments().size() + " verticles");
      var server = startup.serve(config, complete, CompletableFuture.completedFuture(null));
      var owner = firstOwner(server, complete);
      var running = Running.of(complete, owner);
      running.save(home);
      startup.opened(() -> Running.forget(home));
      step("starting a local agent");
      startup.opened(agent(home, server, running)).start();
      waitForAgent(running, complete);
      running.print(out(), home, variables, (System.nanoTime() - begun) / 1e9);
      return startup.await();
    }
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  private void step(String text) {
    out().println("- " + text);
    out().flush();
  }

  private void startStores(Startup startup, Home home, Map<String, String> environment) {
    if (variables.getOrDefault("DATABASE_URL", "").isBlank()) {
      step("starting PostgreSQL" + (PostgresStore.exists(home) ? "" : " (the first time: new)"));
      environment.put("DATABASE_URL", startup.opened(PostgresStore.start(home)).url());
    }
    if (variables.getOrDefault("REDIS_URL", "").isBlank()) {
      step("starting Redis");
      var redis = RedisStore.start(home, environment.get(Secrets.REDIS_PASSWORD));
      environment.put("REDIS_URL", startup.opened(redis).url());
    }
  }

  private static Bootstrap bootstrap(Server server) {
    return new Bootstrap(server.vertx(), server.database(), InstantSource.system());
  }

  private static Bootstrap.Owner firstOwner(Server server, Map<String, String> environment) {
    var email = environment.getOrDefault("VESPID_OWNER_EMAIL", OWNER_EMAIL);
    environment.put("VESPID_OWNER_EMAIL", email);
    return Server.await(
        "the first owner",
        bootstrap(server)
            .firstOwner(email, environment.get(Secrets.OWNER_PASSWORD), "My organization"),
        STEP_MAX);
  }

  private static LocalAgent agent(Home home, Server server, Running running) {
    var executors = new ExecutorRepository(server.database());
    return new LocalAgent(
        home,
        agentJar(),
        running.apiUrl(),
        id ->
            Server.await("the agent's state", executors.find(id), STEP_MAX)
                .filter(identity -> !identity.revoked())
                .isPresent(),
        () ->
            Server.await(
                "a pairing token",
                bootstrap(server).pairingToken(running.organizationId(), running.userId()),
                STEP_MAX));
  }

  private static Path agentJar() {
    var folder = Startup.root().resolve("agent/target");
    try (var jars = Files.newDirectoryStream(folder, "agent-*.jar")) {
      for (var jar : jars) {
        if (!jar.toString().matches(".*-(tests|sources|javadoc)\\.jar")) return jar;
      }
    } catch (IOException e) {
      // Said below.
    }
    throw new ConfigurationException("no agent in " + folder + "; build it with: mvn package");
  }

  private void waitForAgent(Running running, Map<String, String> environment) {
    long limit = System.nanoTime() + AGENT_MAX.toNanos();
    try (var calls = new Calls(environment.get("GATEWAY_SERVICE_TOKEN"))) {
      var url =
          running.gatewayUrl()
              + "/internal/v1/executors/routes?organizationId="
              + running.organizationId();
      while (System.nanoTime() < limit) {
        if (!calls.get(url).body().getJsonArray("routes", Running.NONE).isEmpty()) return;
        LockSupport.parkNanos(LOOK_NANOS);
      }
    }
    out().println("  the agent is not connected yet; see agent/agent.log in VESPID_HOME");
  }
}
