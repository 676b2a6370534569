package ai.vespid.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Workflows as users meet them: what {@code ./vespid up} starts runs them with its own agent. The
 * two verifications of the seeds, word for word, and where a secret is meanwhile: nowhere.
 */
@Timeout(180)
final class WorkflowIT {
  private static final String SECRET = "ghp_" + UUID.randomUUID().toString().replace("-", "");

  @TempDir private static Path folder;
  private static GithubStand github;
  private static UpSite site;
  private static String secretId;

  @BeforeAll
  static void start() {
    github = new GithubStand();
    site = UpSite.start(folder, Map.of("GITHUB_API_BASE_URL", github.url()));
    var secret = new JsonObject().put("connectorId", "github").put("name", "bot");
    secretId =
        site.post("/secrets", secret.put("value", SECRET)).getJsonObject("secret").getString("id");
  }

  @AfterAll
  static void stop() {
    github.close();
    site.close();
  }

  /** A workflow with one {@code connector.action} node, as the seeds say it. */
  private static JsonObject definition(String mode) {
    var config =
        new JsonObject()
            .put("connectorId", "github")
            .put("actionId", "issue.create")
            .put("input", new JsonObject().put("repo", "acme/app").put("title", "It works"))
            .put("auth", new JsonObject().put("secretId", secretId))
            .put("execution", new JsonObject().put("mode", mode));
    var node =
        new JsonObject().put("id", "issue").put("type", "connector.action").put("config", config);
    return new JsonObject()
        .put("version", "v2")
        .put("trigger", new JsonObject().put("type", "trigger.manual"))
        .put("nodes", new JsonArray().add(node));
  }

  /** Creates, publishes and runs it; the path of the run. */
  private static String run(JsonObject dsl) {
    var body = new JsonObject().put("name", "seed").put("dsl", dsl);
    var workflow = site.post("/workflows", body).getJsonObject("workflow").getString("id");
    site.post("/workflows/" + workflow + "/publish", new JsonObject());
    var run = site.post("/workflows/" + workflow + "/runs", new JsonObject());
    return "/workflows/" + workflow + "/runs/" + run.getJsonObject("run").getString("id");
  }

  /** What {@code workflow_run_events} contains for its node. */
  private static List<String> events(String run) {
    return site.get(run + "/events").getJsonArray("events").stream()
        .map(JsonObject.class::cast)
        .filter(event -> "issue".equals(event.getString("nodeId")))
        .map(event -> event.getString("eventType"))
        .toList();
  }

  private static Map<String, String> cursor(String run) throws SQLException {
    var sql =
        """
        select r.status, r.claim_owner, r.cursor::text as cursor, n.state, n.kind, n.request_id,
            n.timeout_at > now() as waits
        from workflow_runs r join workflow_run_nodes n on n.run_id = r.id where r.id = ?::uuid
        """;
    try (var connection = site.database();
        var statement = connection.prepareStatement(sql)) {
      statement.setString(1, id(run));
      try (var row = statement.executeQuery()) {
        assertThat(row.next()).isTrue();
        var columns = new HashMap<String, String>();
        for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
          columns.put(row.getMetaData().getColumnLabel(i), row.getString(i));
        }
        return columns;
      }
    }
  }

  private static String id(String run) {
    return run.substring(run.lastIndexOf('/') + 1);
  }

  @Test
  void anActionInModeNodeShowsNodeStartedAndNodeSucceeded() {
    github.answer(1);

    var run = run(definition("node"));

    site.until("the node is done", () -> events(run).contains("node_succeeded"));
    assertThat(events(run)).containsSubsequence("node_started", "node_succeeded");
    var issue = github.seen().getLast();
    assertThat(issue.path()).isEqualTo("/repos/acme/app/issues");
    assertThat(issue.authorization()).isEqualTo("Bearer " + SECRET);
    assertThat(issue.body()).contains("It works");
  }

  @Test
  void anActionInModeExecutorIsDispatchedItsCursorIsPersistedAndItSucceeds() throws SQLException {
    int before = github.seen().size();
    var run = run(definition("executor"));
    site.until("the agent is at it", () -> github.seen().size() > before);
    site.until("it is dispatched", () -> events(run).contains("node_dispatched"));
    site.until("the claim is given back", () -> claim(run) == null);

    assertThat(cursor(run))
        .containsEntry("status", "running")
        .containsEntry("state", "blocked")
        .containsEntry("kind", "connector.action")
        .containsEntry("request_id", id(run) + ":issue:1")
        .containsEntry("waits", "t")
        .containsEntry("cursor", "{\"sent\":[\"" + id(run) + ":issue:1\"]}");
    assertThat(events(run)).containsExactly("node_started", "node_dispatched");
    github.answer(1);

    site.until("the node is done", () -> events(run).contains("node_succeeded"));
    assertThat(events(run)).containsSubsequence("node_dispatched", "node_succeeded");
    assertThat(github.seen()).hasSize(before + 1);
  }

  private static String claim(String run) {
    try {
      return cursor(run).get("claim_owner");
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void theSecretOfARunStandsInNoTableNoValueAndNoLog() {
    int before = github.seen().size();
    var run = run(definition("executor"));
    site.until("the agent is at it", () -> github.seen().size() > before);
    // Accepted, in the database, and under way: now it is in memory somewhere.
    var during = everything();
    github.answer(1);
    site.until("the node is done", () -> events(run).contains("node_succeeded"));
    var after = everything();

    assertThat(github.seen().getLast().authorization()).isEqualTo("Bearer " + SECRET);
    assertThat(during).as("it looks at the right place").anyMatch(kept -> inDispatches(kept, run));
    assertThat(after).anyMatch(kept -> kept.where().startsWith("redis "));
    assertThat(after).anyMatch(kept -> kept.where().endsWith("agent.log"));
    assertThat(during).filteredOn(kept -> kept.tells(SECRET)).isEmpty();
    assertThat(after).filteredOn(kept -> kept.tells(SECRET)).isEmpty();
  }

  private static boolean inDispatches(StoreDump.Kept kept, String run) {
    return kept.where().endsWith(".dispatches") && kept.text().contains(id(run));
  }

  private static List<StoreDump.Kept> everything() {
    var kept = new ArrayList<StoreDump.Kept>();
    kept.addAll(StoreDump.rows(site));
    kept.addAll(StoreDump.values(site));
    kept.addAll(StoreDump.files(folder));
    return kept;
  }

  private static Optional<ProcessHandle> process(Path file) {
    try {
      var text = Files.exists(file) ? Files.readString(file).strip() : "";
      return text.isEmpty() ? Optional.empty() : ProcessHandle.of(Long.parseLong(text));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aCanceledRunStopsWhatItsAgentDoes() throws Exception {
    var file = folder.resolve("pid");
    var script = "echo $$ > " + file + ".new; mv " + file + ".new " + file + "; sleep 300; true";
    var task = new JsonObject().put("type", "shell").put("script", script);
    var sandbox = new JsonObject().put("timeoutMs", 400_000);
    var node =
        new JsonObject()
            .put("id", "issue")
            .put("type", "agent.execute")
            .put("config", new JsonObject().put("task", task).put("sandbox", sandbox));
    var run = run(definition("node").put("nodes", new JsonArray().add(node)));
    site.until("the script runs", () -> process(file).isPresent());
    var process = process(file).orElseThrow();
    var children = process.descendants().toList();

    var canceled = site.post(run + "/cancel", new JsonObject());

    assertThat(canceled.getJsonObject("run").getString("id")).isEqualTo(id(run));
    site.until("the script is ended", () -> !process.isAlive());
    site.until("what it began is too", () -> children.stream().noneMatch(ProcessHandle::isAlive));
    site.until("the run has ended", () -> ended(run).getString("finishedAt") != null);
    assertThat(ended(run).getString("error")).isEqualTo("RUN_CANCELED");
    site.until("the gateway has ended it", () -> "DISPATCH_CANCELED".equals(dispatchError(run)));
  }

  private static JsonObject ended(String run) {
    return site.get(run).getJsonObject("run");
  }

  private static String dispatchError(String run) {
    var sql = "select error from dispatches where request_id = ?";
    try (var connection = site.database();
        var statement = connection.prepareStatement(sql)) {
      statement.setString(1, id(run) + ":issue:1");
      try (var row = statement.executeQuery()) {
        return row.next() ? row.getString(1) : null;
      }
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"hello", "branches"})
  void anExampleRunsFromTheCommandLine(String name) throws Exception {
    var out = folder.resolve(name + ".out");
    var file = Path.of("../examples/" + name + ".json").toAbsolutePath().normalize();

    var applied = site.vespid(out, "workflow", "apply", file.toString());
    assertThat(applied.waitFor(60, TimeUnit.SECONDS)).isTrue();
    var ran = site.vespid(out, "workflow", "run", name, "--watch", "--input={\"priority\":7}");

    assertThat(ran.waitFor(90, TimeUnit.SECONDS)).isTrue();
    assertThat(ran.exitValue()).as(text(out)).isZero();
    assertThat(text(out)).contains("node_dispatched", "node_succeeded", "run_succeeded");
  }

  private static String text(Path file) throws IOException {
    return Files.readString(file);
  }
}
