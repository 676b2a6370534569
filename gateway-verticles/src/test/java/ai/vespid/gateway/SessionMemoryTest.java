package ai.vespid.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.kit.bus.Bus;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.bus.SessionMemory;
import ai.vespid.protocol.bus.SessionMemory.Use;
import ai.vespid.protocol.bus.SessionMemory.Used;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What sessions remember: as tools of a turn, and as files that people edit. */
@Timeout(60)
final class SessionMemoryTest extends WithSessions {
  private static final Duration ASK_MAX = Duration.ofSeconds(30);

  @TempDir private static Path root;

  @BeforeAll
  static void start() {
    gateway = new TestGateway();
    gateway.memoryConfig.put("root", root.toString());
    gateway.memoryConfig.put("qmdCommand", qmd().toString());
    gateway.start();
  }

  /** Does what the program documents, with grep, and notes what it was asked. */
  private static Path qmd() {
    try {
      var program =
          Files.writeString(
              root.resolve("qmd"),
              """
              #!/bin/sh
              echo "$*" >> "$QMD_CONFIG_DIR/asked"
              [ -n "$DATABASE_URL" ] && exit 9
              [ "$1" = query ] || exit 0
              [ "$2" = crash ] && exit 3
              line=$(grep -n "$2" MEMORY.md | head -1 | cut -d: -f1)
              [ -z "$line" ] && { echo '[]'; exit 0; }
              printf '[{"docid":"#1","score":0.9,"file":"qmd://memory/MEMORY.md","line":%s},' "$line"
              printf '{"docid":"#2","score":0.8,"file":"qmd://memory/elsewhere.md","line":1}]'
              """);
      Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
      return program;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Used use(String key, String tool, JsonObject input, String once) {
    var use = new Use(site.organization, key, tool, RawJson.of(input.encode()), once);
    return new Bus(gateway.vertx, "gw-1").ask(SessionMemory.at("gw-1"), use, ASK_MAX).await();
  }

  private Used use(String key, String tool, JsonObject input) {
    return use(key, tool, input, null);
  }

  private JsonObject good(String key, String tool, JsonObject input) {
    var used = use(key, tool, input);
    assertThat(used.error()).isNull();
    return new JsonObject(used.output().text());
  }

  private void write(String key, String path, String text) {
    good(key, SessionMemory.WRITE, new JsonObject().put("path", path).put("text", text));
  }

  private JsonArray found(String key, String query, String mode) {
    var input = new JsonObject().put("query", query).put("mode", mode);
    return good(key, SessionMemory.SEARCH, input).getJsonArray("results");
  }

  private Path file(String key, String path) {
    return root.resolve(site.organization).resolve(key).resolve(path);
  }

  @Test
  void remembersInATurnAndFindsItInTheNext() {
    try (var _ = FakeAgent.extended(gateway, site.byon).connect(gateway)) {
      var session = site.session("memory.write", "memory_search");
      site.say(session, "call memory.write {\"text\":\"Ada likes the colour teal\"}");
      site.awaitEnds(session, 1);
      site.say(session, "call memory_search {\"query\":\"colour\"}");
      var events = site.awaitEnds(session, 2);

      assertThat(SessionSite.answer(events)).contains("Ada likes the colour teal");
    }
  }

  @Test
  void refusesAToolThatIsNotOnTheSessionsList() {
    try (var _ = FakeAgent.extended(gateway, site.byon).connect(gateway)) {
      var session = site.session("memory.search");
      site.say(session, "call memory.write {\"text\":\"x\"}");

      assertThat(SessionSite.answer(site.awaitEnds(session, 1)))
          .contains("TOOL_NOT_ALLOWED:memory.write");
    }
  }

  @Test
  void findsTheLinesThatHaveMostOfTheWords() {
    write("words", "memory/a.md", "one\nred apples and green pears\nthree");
    write("words", "memory/b.md", "red");
    var found = found("words", "Green apples?", "text");

    assertThat(found).hasSize(1);
    assertThat(found.getJsonObject(0))
        .isEqualTo(
            new JsonObject()
                .put("path", "memory/a.md")
                .put("snippet", "one\nred apples and green pears\nthree")
                .put("lineStart", 1)
                .put("lineEnd", 3)
                .put("score", 2.0));
  }

  @Test
  void findsWhatMeansTheSameInOtherWords() {
    write("meaning", "memory/pets.md", "The cat sleeps on the sofa all day.");
    write("meaning", "memory/money.md", "The invoice has to be paid before Friday.");
    var found = found("meaning", "when is the bill due?", "semantic");

    assertThat(found.getJsonObject(0).getString("path")).isEqualTo("memory/money.md");
  }

  @Test
  void tellsWhatStandsInADocumentAndWhenThereIsNone() {
    write("get", "MEMORY.md", "a\nb\nc\nd");
    var lines = new JsonObject().put("lineStart", 2).put("lines", 2);

    assertThat(good("get", SessionMemory.GET, lines).getString("text")).isEqualTo("b\nc");
    assertThat(use("get", SessionMemory.GET, new JsonObject().put("path", "memory/x.md")).error())
        .isEqualTo("MEMORY_FILE_NOT_FOUND:memory/x.md");
  }

  @Test
  void writesBehindWhatIsThereOrInsteadOfIt() {
    write("behind", "MEMORY.md", "first");
    write("behind", "MEMORY.md", "second");
    assertThat(good("behind", SessionMemory.GET, new JsonObject()).getString("text"))
        .isEqualTo("first\nsecond");
    var instead = new JsonObject().put("text", "third").put("replace", true);
    good("behind", SessionMemory.WRITE, instead);

    assertThat(good("behind", SessionMemory.GET, new JsonObject()).getString("text"))
        .isEqualTo("third");
  }

  @Test
  void refusesAPathOutsideOfTheFolder() {
    for (var path : new String[] {"../x.md", "memory/../../x.md", "/etc/x.md", "x.txt", ""}) {
      var input = new JsonObject().put("path", path).put("text", "x");
      assertThat(use("paths", SessionMemory.WRITE, input).error())
          .as(path)
          .startsWith("INVALID_TOOL_INPUT:path");
    }
  }

  @Test
  void takesOverWhatPeopleEditInTheFolder() throws IOException {
    write("edited", "MEMORY.md", "before");
    assertThat(file("edited", "MEMORY.md")).hasContent("before");
    Files.writeString(file("edited", "MEMORY.md"), "edited by hand");
    Files.createDirectories(file("edited", "memory"));
    Files.writeString(file("edited", "memory/new.md"), "a new file");

    assertThat(good("edited", SessionMemory.SYNC, new JsonObject()).getInteger("changed"))
        .isEqualTo(2);
    assertThat(found("edited", "hand", "text")).hasSize(1);
    assertThat(found("edited", "new", "text")).hasSize(1);
  }

  @Test
  void losesNothingThatWasChangedOnBothSides() throws IOException {
    write("both", "MEMORY.md", "before");
    Files.delete(file("both", ".synced.json"));
    Files.writeString(file("both", "MEMORY.md"), "from the folder");
    good("both", SessionMemory.SYNC, new JsonObject());

    assertThat(file("both", "MEMORY.md")).hasContent("before");
    assertThat(found("both", "folder", "text")).hasSize(1);
  }

  @Test
  void keepsOrganizationsApart() {
    write("mine", "MEMORY.md", "a secret word: xylophone");
    site = new SessionSite(gateway);

    assertThat(found("mine", "xylophone", "text")).isEmpty();
  }

  @Test
  void asksTheExternalProgramAboutThisFolderAlone() throws IOException {
    write("external", "MEMORY.md", "one\nkiwis are green\nthree");
    var input = new JsonObject().put("query", "kiwis").put("provider", "qmd").put("limit", 3);
    var found = good("external", SessionMemory.SEARCH, input);

    assertThat(found.getString("provider")).isEqualTo("qmd");
    assertThat(found.getJsonArray("results")).hasSize(1);
    assertThat(found.getJsonArray("results").getJsonObject(0))
        .isEqualTo(
            new JsonObject()
                .put("path", "MEMORY.md")
                .put("snippet", "one\nkiwis are green\nthree")
                .put("lineStart", 1)
                .put("lineEnd", 3)
                .put("score", 0.9));
    assertThat(Files.readAllLines(file("external", ".qmd/asked")))
        .containsSubsequence("update", "query kiwis --limit 3 --json");
    var synced = good("external", SessionMemory.SYNC, new JsonObject().put("provider", "qmd"));
    assertThat(synced.getString("provider")).isEqualTo("qmd");
  }

  @Test
  void answersItselfAndSaysSoWhenTheExternalProgramFails() {
    write("fallback", "MEMORY.md", "a crash of rhinos");
    var input = new JsonObject().put("query", "crash").put("provider", "qmd");
    var found = good("fallback", SessionMemory.SEARCH, input);

    assertThat(found.getString("provider")).isEqualTo("builtin");
    assertThat(found.getString("fallbackFrom")).isEqualTo("qmd");
    assertThat(found.getJsonArray("results")).hasSize(1);
    assertThat(use("fallback", SessionMemory.SEARCH, input.copy().put("provider", "x")).error())
        .startsWith("INVALID_TOOL_INPUT:provider");
  }

  @Test
  void writesOnceWhatIsAskedForAgain() {
    var input = new JsonObject().put("text", "seen");
    for (var once : List.of("turn-1", "turn-2", "turn-1")) {
      assertThat(use("again", SessionMemory.WRITE, input, once).error()).isNull();
    }

    assertThat(good("again", SessionMemory.GET, new JsonObject()).getString("text"))
        .isEqualTo("seen\nseen");
  }

  @Test
  void servesWorkersOverHttp() {
    var body =
        new JsonObject()
            .put("organizationId", site.organization)
            .put("sessionKey", "workflow:a")
            .put("toolId", "memory.write")
            .put("input", new JsonObject().put("text", "of a workflow"));
    var written = gateway.post("/internal/v1/memory/use", body.encode()).await();
    body.put("toolId", "memory.search").put("input", new JsonObject().put("query", "workflow"));
    var found = gateway.post("/internal/v1/memory/use", body.encode()).await();
    var refused = gateway.post("/internal/v1/memory/use", body.put("toolId", "x").encode()).await();

    assertThat(written.body().getString("status")).isEqualTo("succeeded");
    assertThat(found.body().getJsonObject("output").getJsonArray("results")).hasSize(1);
    assertThat(refused.body().getString("error")).isEqualTo("TOOL_NOT_SUPPORTED:x");
    assertThat(gateway.post("/internal/v1/memory/use", "{}").await().status()).isEqualTo(400);
  }
}
