package ai.vespid.server;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.gateway.control.Bootstrap;
import ai.vespid.gateway.control.ControlVerticle;
import ai.vespid.kit.bus.ProtocolCodec;
import ai.vespid.kit.bus.Protocols;
import ai.vespid.kit.http.Ports;
import ai.vespid.kit.node.Membership;
import ai.vespid.kit.node.Node;
import ai.vespid.kit.node.Occupancy;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.workflow.Definition;
import ai.vespid.sql.Database;
import ai.vespid.sql.DatabaseOptions;
import ai.vespid.sql.RunEvent;
import ai.vespid.sql.RunRepository;
import ai.vespid.sql.RunRepository.Advance;
import ai.vespid.sql.RunRepository.Finished;
import ai.vespid.sql.RunStatus;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands against the real control API and PostgreSQL; the test does the runner's work. */
final class WorkflowCommandTest {
  private static final Duration LEASE = Duration.ofMinutes(1);

  @TempDir private static Path folder;
  private static final Vertx VERTX = Vertx.vertx();
  private static final Ports PORTS = new Ports();
  private static PostgresStore store;
  private static Database database;

  @BeforeAll
  static void start() {
    ProtocolCodec.install(VERTX, Protocols.ALL, false);
    var home = new Home(folder);
    store = PostgresStore.start(home);
    var options = new DatabaseOptions(store.url());
    Database.migrate(options);
    database = Database.open(VERTX, options);
    var secrets = Secrets.loadOrCreate(home);
    int port = PostgresStore.freePort(0);
    deploy(port, secrets);
    var owner =
        new Bootstrap(VERTX, database, InstantSource.system())
            .firstOwner("owner@vespid.local", secrets.get(Secrets.OWNER_PASSWORD), "Mine")
            .await();
    Running.of(Map.of("API_PORT", "" + port, "VESPID_OWNER_EMAIL", "owner@vespid.local"), owner)
        .save(home);
  }

  private static void deploy(int port, Map<String, String> secrets) {
    var node =
        new Node(
            "gw-1",
            "gw-1",
            Membership.single("gw-1", 1),
            new Occupancy(),
            PORTS,
            new SimpleMeterRegistry(),
            Clock.systemUTC(),
            Map.of(Database.class, database));
    var config =
        new JsonObject()
            .put("port", port)
            .put("host", "127.0.0.1")
            .put("authTokenSecret", secrets.get("AUTH_TOKEN_SECRET"))
            .put("serviceToken", secrets.get("GATEWAY_SERVICE_TOKEN"));
    VERTX
        .deployVerticle(() -> new ControlVerticle(node), new DeploymentOptions().setConfig(config))
        .await();
    PORTS.listen(VERTX).await();
  }

  @AfterAll
  static void stop() {
    PORTS.close().await();
    database.close().await();
    VERTX.close().await();
    store.close();
  }

  private record Ran(int code, String out) {}

  private static Ran vespid(String... arguments) {
    var out = new StringWriter();
    var line = VespidCommand.commandLine(Map.of("VESPID_HOME", folder.toString()));
    line.setOut(new PrintWriter(out)).setErr(new PrintWriter(out));
    return new Ran(line.execute(arguments), out.toString());
  }

  private static Path example(String name) {
    return Path.of("..", "examples", name);
  }

  /** Ends the next run that is due, as a runner would. */
  private static void end(RunStatus status, String event) {
    var runs = new RunRepository(database.worker());
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    var due = runs.claimDue("w1", LEASE, 1).await();
    while (due.isEmpty() && System.nanoTime() < limit) due = runs.claimDue("w1", LEASE, 1).await();
    var run = due.getFirst();
    runs.advance(
            new Advance(
                run.run().id(),
                run.epoch(),
                status,
                1,
                null,
                null,
                null,
                null,
                List.of(),
                List.of(
                    RunEvent.New.ofRun(
                        event, RunEvent.Level.INFO, "red \u001b[31m", RawJson.of("{\"n\":1}"))),
                List.of(),
                List.of(),
                new Finished()))
        .await();
  }

  @Test
  void appliesAFileOnceAndMakesItsNextRevisionWhenItChanges() throws IOException {
    var file = folder.resolve("daily.json");
    Files.copy(example("hello.json"), file);

    var first = vespid("workflow", "apply", file.toString());
    var again = vespid("workflow", "apply", file.toString());
    Files.writeString(file, Files.readString(example("branches.json")));
    var changed = vespid("workflow", "apply", file.toString());

    assertThat(first.out()).startsWith("daily is published, revision 1: ");
    assertThat(again.out()).startsWith("daily is as the file says, revision 1: ");
    assertThat(changed.out()).startsWith("daily is published, revision 2: ");
    assertThat(List.of(first.code(), again.code(), changed.code())).containsOnly(0);
  }

  @Test
  void saysWhatIsWrongWithAFile() throws IOException {
    var broken = Files.writeString(folder.resolve("broken.json"), "{");
    var cyclic = folder.resolve("cyclic.json");
    Files.writeString(
        cyclic,
        """
        {"version":"v3","trigger":{"type":"trigger.manual"},"graph":{"nodes":{
          "a":{"id":"a","type":"parallel.join"}},"edges":[{"id":"e","from":"a","to":"a"}]}}
        """);

    assertThat(vespid("workflow", "apply", broken.toString()).out()).contains("no JSON object");
    assertThat(vespid("workflow", "apply", cyclic.toString()))
        .matches(ran -> ran.code() == 2 && ran.out().contains("GRAPH_CYCLE_DETECTED"));
    assertThat(vespid("workflow", "run", "nobody").out()).contains("no published workflow");
  }

  @Test
  void watchesARunToItsEnd() {
    vespid("workflow", "apply", example("hello.json").toString(), "--name", "watched");
    var arguments =
        new String[] {"workflow", "run", "watched", "--input", "{\"priority\": 7}", "--watch"};

    var good = CompletableFuture.supplyAsync(() -> vespid(arguments));
    end(RunStatus.SUCCEEDED, "run_succeeded");
    var succeeded = good.orTimeout(30, TimeUnit.SECONDS).join();
    var bad = CompletableFuture.supplyAsync(() -> vespid(arguments));
    end(RunStatus.FAILED, "run_failed");
    var failed = bad.orTimeout(30, TimeUnit.SECONDS).join();

    assertThat(succeeded.code()).isZero();
    assertThat(succeeded.out())
        .contains("run_queued", "run_succeeded", "{\"n\":1}")
        .doesNotContain("\u001b");
    assertThat(failed.code()).isEqualTo(1);
    var ids = failed.out().lines().findFirst().orElseThrow().split(" ");
    assertThat(vespid("workflow", "watch", "watched", ids[1]).code()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"hello.json", "branches.json"})
  void everyExampleIsAWorkflow(String name) throws IOException {
    var definition = Definition.of(RawJson.of(Files.readAllBytes(example(name))));

    assertThat(definition.nodes()).isNotEmpty();
  }

  @Test
  void cancelsARunOnlyWhileItGoesOn() throws IOException {
    var file = folder.resolve("long.json");
    Files.copy(example("hello.json"), file);
    vespid("workflow", "apply", file.toString());
    var started = vespid("workflow", "run", "long");
    var run = started.out().split(" ")[1];

    var canceled = vespid("workflow", "cancel", "long", run);
    end(RunStatus.FAILED, "run_failed");
    var again = vespid("workflow", "cancel", "long", run);

    assertThat(canceled.out()).isEqualTo("run " + run + " is asked to end\n");
    assertThat(canceled.code()).isZero();
    assertThat(again.out()).contains("CONFLICT");
    assertThat(again.code()).isNotZero();
  }
}
