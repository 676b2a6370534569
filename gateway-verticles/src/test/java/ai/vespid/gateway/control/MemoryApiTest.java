package ai.vespid.gateway.control;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.gateway.memory.SessionMemoryVerticle;
import ai.vespid.kit.crypto.Tokens;
import ai.vespid.sql.MemoryJobRepository;
import ai.vespid.sql.MemoryRepository;
import ai.vespid.sql.MemoryRepository.Document;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is remembered, as the control API offers it (contract 4.8). */
@Timeout(60)
final class MemoryApiTest {
  @TempDir private static Path root;
  private static ControlServer server;
  private static MemoryRepository memory;
  private static ControlServer.Person owner;
  private static ControlServer.Person member;

  @BeforeAll
  static void start() {
    server = ControlServer.start();
    memory = new MemoryRepository(server.database());
    owner = server.person();
    member = joined(server.person());
    var node = server.node();
    var wishes = new MemoryJobRepository(server.database());
    server
        .local()
        .deploy(
            () -> new SessionMemoryVerticle(node, memory, wishes),
            new JsonObject().put("root", root.toString()));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static ControlServer.Person joined(ControlServer.Person person) {
    server
        .database()
        .tenant(
            owner.organizationId,
            sql ->
                sql.preparedQuery(
                        "insert into memberships (organization_id, user_id, role_key)"
                            + " values ($1, $2, 'member')")
                    .execute(
                        io.vertx.sqlclient.Tuple.of(
                            UUID.fromString(owner.organizationId), UUID.fromString(person.userId))))
        .await();
    return person;
  }

  private static String remember(String key, String path, String content) {
    var document = new Document(null, key, path, content, Tokens.hash(content), List.of(), null);
    return memory.put(owner.organizationId, document, null).await().orElseThrow().id();
  }

  private static JsonObject session(ControlServer.Person person) {
    var body =
        new JsonObject()
            .put("scope", "per-peer")
            .put("peer", UUID.randomUUID().toString())
            .put("engine", new JsonObject().put("id", "scripted"))
            .put("prompt", new JsonObject().put("instructions", "be brief"));
    return person
        .in(owner.organizationId, "POST", "/sessions")
        .body(body)
        .send()
        .json()
        .getJsonObject("session");
  }

  private static JsonArray found(ControlServer.Person person, String query) {
    var reply = person.in(owner.organizationId, "GET", "/memory/search?" + query).send();
    assertThat(reply.status()).as(reply.toString()).isEqualTo(200);
    return reply.json().getJsonArray("results");
  }

  private static JsonObject ended(String jobId) {
    while (true) {
      var job = owner.own("GET", "/memory/sync/" + jobId).send().json().getJsonObject("job");
      if (job.getString("finishedAt") != null) return job;
      Thread.onSpinWait();
    }
  }

  private static JsonObject sync(JsonObject body) {
    var reply = owner.own("POST", "/memory/sync").body(body).send();
    assertThat(reply.status()).as(reply.toString()).isEqualTo(202);
    assertThat(reply.json().getBoolean("accepted")).isTrue();
    var job = reply.json().getJsonObject("job");
    assertThat(job.getString("status")).isEqualTo("queued");
    return ended(job.getString("id"));
  }

  @Test
  void findsWhatStandsInDocumentsAndHowTheyAreCalled() {
    remember("found", "memory/fruit.md", "one\nplums are blue\nthree");
    remember("found", "memory/quetsch.md", "another");

    var hit = found(owner, "q=blue%20plums").getJsonObject(0);
    assertThat(hit.getString("docPath")).isEqualTo("memory/fruit.md");
    assertThat(hit.getString("sessionKey")).isEqualTo("found");
    assertThat(hit.getString("snippet")).isEqualTo("one\nplums are blue\nthree");
    assertThat(hit.getInteger("lineStart")).isEqualTo(1);
    assertThat(found(owner, "q=quetsch").getJsonObject(0).getString("docPath"))
        .isEqualTo("memory/quetsch.md");
    assertThat(found(owner, "q=plums&sessionKey=other")).isEmpty();
    assertThat(found(owner, "q=plums&limit=1")).hasSize(1);
  }

  @Test
  void findsWhatMeansTheSame() {
    remember("meaning", "memory/pets.md", "The cat sleeps on the sofa all day.");
    remember("meaning", "memory/money.md", "The invoice has to be paid before Friday.");

    var query = URLEncoder.encode("when is the bill due?", StandardCharsets.UTF_8);
    var hits = found(owner, "mode=semantic&sessionKey=meaning&q=" + query);

    assertThat(hits.getJsonObject(0).getString("docPath")).isEqualTo("memory/money.md");
  }

  @Test
  void showsADocumentWholeAndInPieces() {
    var id = remember("pieces", "MEMORY.md", "first\n\nsecond\nline");

    var seen = owner.own("GET", "/memory/docs/" + id).send().json();

    var document = seen.getJsonObject("document");
    assertThat(document.getString("content")).isEqualTo("first\n\nsecond\nline");
    assertThat(document.getString("docPath")).isEqualTo("MEMORY.md");
    assertThat(seen.getJsonArray("chunks"))
        .extracting(chunk -> ((JsonObject) chunk).getString("content"))
        .containsExactly("first", "second\nline");
    var none = owner.own("GET", "/memory/docs/" + UUID.randomUUID()).send();
    assertThat(none.status()).isEqualTo(404);
    assertThat(none.code()).isEqualTo("NOT_FOUND");
  }

  @Test
  void showsAMemberWhatTheirOwnSessionsAndWorkflowsRemember() {
    var theirs = session(member).getString("sessionKey");
    var others = session(owner).getString("sessionKey");
    remember(theirs, "MEMORY.md", "zeppelins of theirs");
    var hidden = remember(others, "MEMORY.md", "zeppelins of the owner");
    remember("workflow:" + UUID.randomUUID(), "MEMORY.md", "zeppelins of a workflow");

    assertThat(found(member, "q=zeppelins"))
        .extracting(hit -> ((JsonObject) hit).getString("snippet"))
        .containsExactlyInAnyOrder("zeppelins of theirs", "zeppelins of a workflow");
    assertThat(found(owner, "q=zeppelins")).hasSize(3);
    var reply = member.in(owner.organizationId, "GET", "/memory/docs/" + hidden).send();
    assertThat(reply.status()).isEqualTo(404);
  }

  @Test
  void takesOverWhatPeopleEditedAndSaysWhatCameOfIt() throws IOException {
    remember("edited", "MEMORY.md", "before");
    assertThat(sync(new JsonObject().put("sessionKey", "edited")).getString("status"))
        .isEqualTo("succeeded");
    var file = root.resolve(owner.organizationId).resolve("edited").resolve("MEMORY.md");
    assertThat(file).hasContent("before");
    Files.writeString(file, "walruses were added by hand");

    var job = sync(new JsonObject().put("reason", "I edited it"));

    assertThat(job.getString("status")).isEqualTo("succeeded");
    assertThat(job.getString("reason")).isEqualTo("I edited it");
    assertThat(job.getJsonObject("details").getString("provider")).isEqualTo("builtin");
    assertThat(job.getJsonObject("details").getInteger("changed")).isEqualTo(1);
    assertThat(found(owner, "q=walruses")).hasSize(1);
  }

  @Test
  void saysThatAnotherProviderAnsweredThanTheOneThatWasWished() {
    remember("external", "MEMORY.md", "x");

    var job = sync(new JsonObject().put("sessionKey", "external").put("provider", "qmd"));

    assertThat(job.getString("status")).isEqualTo("succeeded");
    assertThat(job.getJsonObject("details").getString("provider")).isEqualTo("builtin");
    assertThat(job.getJsonObject("details").getString("fallbackFrom")).isEqualTo("qmd");
  }

  @Test
  void refusesWhatItCannotDo() {
    for (var query : new String[] {"", "q=", "q=x&limit=0", "q=x&limit=201", "q=x&mode=magic"}) {
      var reply = owner.own("GET", "/memory/search?" + query).send();
      assertThat(reply.status()).as(query).isEqualTo(400);
      assertThat(reply.code()).as(query).isEqualTo("BAD_REQUEST");
    }
    var provider = owner.own("POST", "/memory/sync").body("{\"provider\":\"other\"}").send();
    assertThat(provider.status()).isEqualTo(400);
    var unknown =
        owner
            .own("POST", "/memory/sync")
            .body("{\"sessionId\":\"" + UUID.randomUUID() + "\"}")
            .send();
    assertThat(unknown.status()).isEqualTo(404);
    assertThat(unknown.code()).isEqualTo("SESSION_NOT_FOUND");
  }
}
