package ai.vespid.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A new key-encryption key takes over while runs use secrets: none of them notices, and afterwards
 * nothing needs the old key any more.
 */
@Timeout(600)
final class KekRotationIT {
  private static final String OLD = key("the old key");
  private static final String NEW = key("the new key");
  private static final int SECRETS = 6;
  private static final int OTHERS = 60;
  private static final int AT_ONCE = 6;
  private static final int ROTATIONS = 3;

  @TempDir private Path folder;
  private final ConcurrentLinkedQueue<String> ended = new ConcurrentLinkedQueue<>();
  private volatile boolean enough;

  private static String key(String text) {
    var bytes = (text + "-".repeat(32)).substring(0, 32).getBytes(StandardCharsets.UTF_8);
    return Base64.getEncoder().encodeToString(bytes);
  }

  private static Map<String, String> variables(GithubStand github, Map<String, String> keys) {
    var variables = new HashMap<>(keys);
    variables.put("GITHUB_API_BASE_URL", github.url());
    variables.put("WORKFLOW_RUN_QUOTA_TIER", "enterprise");
    return variables;
  }

  private static String value(int number) {
    return "ghp_value-number-" + number;
  }

  private static List<String> store(UpSite site, String prefix, int count) {
    return IntStream.range(0, count)
        .mapToObj(i ->
            new JsonObject()
                .put("connectorId", "github")
                .put("name", prefix + i)
                .put("value", value(i)))
        .map(body -> site.post("/secrets", body).getJsonObject("secret").getString("id"))
        .toList();
  }

  /** One action after the other, by turns in the worker and on the agent, each with its secret. */
  private static String publish(UpSite site, List<String> secrets) {
    var nodes = new JsonArray();
    for (int i = 0; i < secrets.size(); i++) {
      var mode = new JsonObject().put("mode", i % 2 == 0 ? "cloud" : "executor");
      var config =
          new JsonObject()
              .put("connectorId", "github")
              .put("actionId", "issue.create")
              .put("input", new JsonObject().put("repo", "acme/app").put("title", "number " + i))
              .put("auth", new JsonObject().put("secretId", secrets.get(i)))
              .put("execution", mode.put("workspace", "none"));
      nodes.add(
          new JsonObject()
              .put("id", "n" + i)
              .put("type", "connector.action")
              .put("config", config));
    }
    var dsl =
        new JsonObject()
            .put("version", "v2")
            .put("trigger", new JsonObject().put("type", "trigger.manual"))
            .put("nodes", nodes);
    var workflow = site.post("/workflows", new JsonObject().put("name", "keys").put("dsl", dsl));
    var id = workflow.getJsonObject("workflow").getString("id");
    site.post("/workflows/" + id + "/publish", new JsonObject());
    return id;
  }

  private static String run(UpSite site, String workflow) {
    var runs = "/workflows/" + workflow + "/runs";
    var run = site.post(runs, new JsonObject()).getJsonObject("run").getString("id");
    var seen = new ArrayList<JsonObject>();
    site.until(
        run + " ends",
        () -> {
          seen.add(site.get(runs + "/" + run).getJsonObject("run"));
          return seen.getLast().getString("finishedAt") != null;
        });
    return seen.getLast().getString("status") + " " + seen.getLast().getString("error");
  }

  private void load(UpSite site, String workflow) {
    while (!enough) ended.add(run(site, workflow));
  }

  private String rotate(UpSite site) throws IOException, InterruptedException {
    var out = Files.createTempFile(folder, "rotate", ".out");
    var rotation = site.vespid(out, "secrets", "rotate");
    assertThat(rotation.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(rotation.exitValue()).as(Files.readString(out)).isZero();
    return Files.readString(out);
  }

  private static int under(UpSite site, String kekId) throws SQLException {
    var sql = "select count(*) from connector_secrets where kek_id = ?";
    try (var connection = site.database();
        var statement = connection.prepareStatement(sql)) {
      statement.setString(1, kekId);
      try (var rows = statement.executeQuery()) {
        rows.next();
        return rows.getInt(1);
      }
    }
  }

  @Test
  void noRunFailsWhileAllSecretsComeUnderAnotherKey() throws Exception {
    var before = Map.of("SECRETS_KEK_ID", "old", "SECRETS_KEK_BASE64", OLD);
    var after = Map.of("SECRETS_KEK_ID", "new", "SECRETS_KEK_BASE64", NEW);
    var both = new HashMap<>(after);
    both.put("SECRETS_KEK_OLD", "old=" + OLD);
    try (var github = new GithubStand();
        var site = UpSite.start(folder, variables(github, before))) {
      github.answer(Integer.MAX_VALUE / 2);
      var workflow = publish(site, store(site, "used-", SECRETS));
      store(site, "other-", OTHERS);
      assertThat(run(site, workflow)).isEqualTo("succeeded null");
      assertThat(under(site, "old")).isEqualTo(SECRETS + OTHERS);

      site.restart(variables(github, both));
      rotateUnderLoad(site, workflow);
      assertThat(under(site, "old")).isZero();
      assertThat(under(site, "new")).isEqualTo(SECRETS + OTHERS);

      site.restart(variables(github, after));
      assertThat(run(site, workflow)).isEqualTo("succeeded null");
      for (var seen : github.seen()) {
        var number = seen.body().replaceFirst("(?s).*number (\\d+).*", "$1");
        assertThat(seen.authorization()).isEqualTo("Bearer " + value(Integer.parseInt(number)));
      }
    }
  }

  private void rotateUnderLoad(UpSite site, String workflow) throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var callers =
          IntStream.range(0, AT_ONCE)
              .mapToObj(_ -> CompletableFuture.runAsync(() -> load(site, workflow), threads))
              .toList();
      var told = new ArrayList<String>();
      for (int i = 0; i < ROTATIONS; i++) {
        int before = ended.size();
        site.until("runs end meanwhile", () -> ended.size() >= before + AT_ONCE);
        told.add(rotate(site));
      }
      int before = ended.size();
      site.until("runs end afterwards", () -> ended.size() >= before + AT_ONCE);
      enough = true;
      callers.forEach(CompletableFuture::join);
      assertThat(told.getFirst()).startsWith(SECRETS + OTHERS + " secrets are under new now");
      assertThat(told.getLast()).startsWith("0 secrets are under new now");
    }
    assertThat(ended).hasSizeGreaterThan(AT_ONCE * ROTATIONS).containsOnly("succeeded null");
  }
}
