package ai.vespid.server;

import ai.vespid.kit.node.ConfigurationException;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Makes a file the published workflow of its name: the first time a new one, later its next
 * revision, and nothing when it says the same.
 */
@Command(name = "apply", description = "Publishes a workflow as a file describes it.")
final class WorkflowApplyCommand implements Callable<Integer> {
  @Parameters(paramLabel = "<file>", description = "its DSL in JSON, v2 or v3")
  private Path file;

  @Option(names = "--name", description = "what it is called (default: the file's name)")
  private String name;

  @Mixin private OrganizationCalls.Target target;
  @Spec private CommandSpec spec;

  private final Map<String, String> variables;

  WorkflowApplyCommand(Map<String, String> variables) {
    this.variables = variables;
  }

  @Override
  public Integer call() {
    var dsl = dsl();
    if (name == null) name = file.getFileName().toString().replaceFirst("\\.json$", "");
    try (var calls = target.open(variables)) {
      var newest = WorkflowFinder.newest(calls, w -> w.getString("name").equals(name));
      var same = newest.filter(w -> w.getJsonObject("dsl").equals(dsl));
      boolean done = same.filter(w -> w.getString("status").equals("published")).isPresent();
      var workflow = done ? same.get() : publish(calls, newest.orElse(null), dsl);
      var out = spec.commandLine().getOut();
      out.println(
          "%s %s, revision %d: %s"
              .formatted(
                  name,
                  done ? "is as the file says" : "is published",
                  workflow.getInteger("revision"),
                  workflow.getString("id")));
      out.flush();
      return 0;
    }
  }

  private JsonObject publish(OrganizationCalls calls, JsonObject newest, JsonObject dsl) {
    JsonObject draft;
    if (newest == null) {
      draft = calls.post("/workflows", new JsonObject().put("name", name).put("dsl", dsl));
    } else {
      var id = newest.getString("id");
      if (newest.getString("status").equals("published")) {
        id = id(calls.post("/workflows/" + id + "/drafts", new JsonObject()));
      }
      draft = calls.put("/workflows/" + id, new JsonObject().put("dsl", dsl));
    }
    return calls
        .post("/workflows/" + id(draft) + "/publish", new JsonObject())
        .getJsonObject("workflow");
  }

  private static String id(JsonObject answer) {
    return answer.getJsonObject("workflow").getString("id");
  }

  private JsonObject dsl() {
    try {
      return new JsonObject(Files.readString(file));
    } catch (DecodeException e) {
      throw new ConfigurationException(file + " is no JSON object");
    } catch (IOException e) {
      throw new ConfigurationException("cannot read " + file);
    }
  }
}
