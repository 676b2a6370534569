package ai.vespid.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.http.CancelBody;
import ai.vespid.protocol.http.CommandBody;
import ai.vespid.protocol.http.DispatchAccepted;
import ai.vespid.protocol.http.DispatchBody;
import ai.vespid.protocol.http.ErrorBody;
import ai.vespid.protocol.http.ExplainAnswer;
import ai.vespid.protocol.http.MemoryBody;
import ai.vespid.protocol.http.Pairing;
import ai.vespid.protocol.http.SessionBody;
import ai.vespid.protocol.session.Attachment;
import ai.vespid.protocol.session.ResetMode;
import ai.vespid.protocol.session.SessionLimits;
import ai.vespid.protocol.session.SessionScope;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Golden samples of the HTTP bodies in {@code wire/http-bodies.txt}, a line each: the record's name
 * and the body, byte for byte. Workers and agents of other versions read and write them.
 */
class HttpSamplesTest {
  private static final String PACKAGE = DispatchBody.class.getPackageName();
  private static final String RUN = "33333333-3333-4333-8333-333333333333";
  private static final String ORG = "11111111-1111-4111-8111-111111111111";
  private static final String USER = "44444444-4444-4444-8444-444444444444";
  private static final String WORKFLOW = "77777777-7777-4777-8777-777777777777";
  private static final String EXECUTOR = "55555555-5555-4555-8555-555555555555";
  private static final String REQUEST = RUN + ":node-1:2";

  private static final ObjectNode ARGUMENTS =
      JsonNodeFactory.instance.objectNode().put("session_id", "s-1").put("command", "true");

  private static final DispatchBody DISPATCH =
      new DispatchBody(
          ORG,
          USER,
          RUN,
          WORKFLOW,
          "node-1",
          "connector.action",
          2,
          Kind.CONNECTOR_ACTION,
          RawJson.of(
              "{\"connectorId\" : \"github\", \"actionId\" : \"issue.create\", \"n\" : 1.00}"),
          "s3cret",
          new Selector(Pool.BYON, List.of("linux"), "build", "west", EXECUTOR),
          60_000,
          5_000,
          EffectClass.RETRY_SAFE,
          NetworkMode.ENABLED,
          WorkspaceUse.RUN,
          "old-tag",
          EXECUTOR,
          "old-group");

  private static final DispatchBody SPARSE_DISPATCH =
      new DispatchBody(
          ORG,
          USER,
          RUN,
          WORKFLOW,
          "node-1",
          "agent.execute",
          1,
          Kind.AGENT_EXECUTE,
          null,
          null,
          null,
          null,
          null,
          null,
          null,
          null,
          null,
          null,
          null);

  private static final ExplainAnswer.Excluded EXCLUDED =
      new ExplainAnswer.Excluded("LABELS", 2, List.of("a", "b"));

  private static final SessionBody.Context CONTEXT = new SessionBody.Context("ops", "acme");
  private static final SessionBody.Auth AUTH = new SessionBody.Auth(EXECUTOR);
  private static final SessionBody.Engine ENGINE = new SessionBody.Engine("scripted", "m", AUTH);
  private static final SessionBody.Prompt PROMPT = new SessionBody.Prompt("s", "be brief");
  private static final SessionBody.Tools TOOLS = new SessionBody.Tools(List.of("shell.run"));

  private static final SessionBody SESSION =
      new SessionBody(
          "title",
          USER,
          "slack",
          "bob",
          SessionScope.PER_PEER,
          CONTEXT,
          "pinned-node-host",
          ENGINE,
          "toolset",
          PROMPT,
          TOOLS,
          new SessionLimits(3, 4, 5_000, 600, 70_000),
          RawJson.of("{\"idle\" : 1}"),
          new Selector(Pool.MANAGED, List.of(), null, null, null));

  /** In the order of the file; a second one where fields may be absent. */
  private static final List<Record> BODIES =
      List.of(
          DISPATCH,
          SPARSE_DISPATCH,
          new DispatchAccepted(REQUEST, true, null),
          new DispatchAccepted(REQUEST, false, true),
          new ErrorBody("BAD_REQUEST", "kind is required", RawJson.of("{\"field\" : \"kind\"}")),
          new ErrorBody(ErrorCode.NO_AGENT_AVAILABLE, "nobody could take it"),
          new ExplainAnswer(
              REQUEST,
              "queued",
              "EXECUTOR_OVER_CAPACITY",
              "It waits for room.",
              EXECUTOR,
              2,
              7,
              59_000L,
              List.of(EXCLUDED)),
          ExplainAnswer.decided(REQUEST, DispatchResult.succeeded(RawJson.NULL)),
          EXCLUDED,
          new Pairing.Body("pair-1", "build host", "0.1.0", RawJson.of("{\"kinds\" : []}")),
          new Pairing.Paired(
              EXECUTOR, EXECUTOR, "token-1", "token-1", ORG, "ws://localhost:3002/ws/executor"),
          SESSION,
          CONTEXT,
          ENGINE,
          AUTH,
          PROMPT,
          TOOLS,
          new SessionBody.Message(
              "hi", List.of(new Attachment("a", "text/plain", null, "text", null)), "key-1"),
          new SessionBody.Reset(ResetMode.CLEAR_HISTORY),
          new CancelBody(ORG),
          new CommandBody("c-1", "session", "exec", ARGUMENTS, null, null, 60_000, 5_000),
          new CommandBody(null, null, null, null, "list_users", null, 300_000, 25_000),
          new MemoryBody(ORG, "main", "memory.get", RawJson.of("{\"lines\":5}"), "w1"),
          new MemoryBody.Sync(ORG, "main", "qmd", "edited"));

  @Test
  void writesEveryBodyAsItsSample() throws IOException {
    assertThat(BODIES.stream().map(body -> name(body.getClass()) + " " + json(body)))
        .isEqualTo(lines());
  }

  @Test
  void readsEverySampleAsItsBody() throws Exception {
    var read = new ArrayList<Record>();
    for (var line : lines()) {
      int blank = line.indexOf(' ');
      var type = Class.forName(PACKAGE + "." + line.substring(0, blank).replace('.', '$'));
      read.add(Json.read(line.substring(blank + 1).getBytes(UTF_8), type.asSubclass(Record.class)));
    }

    assertThat(read).isEqualTo(BODIES);
  }

  @Test
  void hasASampleOfEveryRecordOfThePackage() throws Exception {
    Set<Class<?>> sampled = BODIES.stream().map(Object::getClass).collect(toSet());
    assertThat(sampled)
        .as("add the missing here and to wire/http-bodies.txt")
        .containsExactlyInAnyOrderElementsOf(recordsOfThePackage());
  }

  /** Bodies are no sealed family, so the compiled classes are looked at. */
  private static Set<Class<?>> recordsOfThePackage() throws Exception {
    var classes = Path.of(DispatchBody.class.getResource("DispatchBody.class").toURI());
    try (var files = Files.list(classes.getParent())) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".class"))
          .map(name -> load(PACKAGE + "." + name.substring(0, name.length() - 6)))
          .filter(Class::isRecord)
          .collect(toSet());
    }
  }

  private static Class<?> load(String name) {
    try {
      return Class.forName(name);
    } catch (ClassNotFoundException e) {
      throw new AssertionError(e);
    }
  }

  private static String name(Class<?> type) {
    return type.getName().substring(PACKAGE.length() + 1).replace('$', '.');
  }

  private static String json(Record body) {
    return new String(Json.write(body), UTF_8);
  }

  private static List<String> lines() throws IOException {
    try (var file = HttpSamplesTest.class.getResourceAsStream("/wire/http-bodies.txt")) {
      return new String(file.readAllBytes(), UTF_8).lines().toList();
    }
  }
}
