package ai.vespid.agent;

import ai.vespid.agent.operation.ControlSocket;
import ai.vespid.agent.operation.LocalCommands;
import ai.vespid.protocol.Json;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code session}: the sessions of the agent that runs here, asked from it and not from a gateway
 * (V-32).
 */
@Command(
    name = "session",
    description = "Sessions of the agent that runs here, with or without a gateway.",
    mixinStandardHelpOptions = true,
    subcommands = {
      SessionCommand.Listing.class,
      SessionCommand.Services.class,
      SessionCommand.Status.class,
      SessionCommand.Start.class,
      SessionCommand.Stop.class,
      SessionCommand.Destroy.class,
      SessionCommand.Exec.class
    })
final class SessionCommand {
  /** Exit code when a program could not be run, as of others that run programs. */
  static final int NOT_DONE = 125;

  /** Exit code when a program was killed because its time was up. */
  static final int TIMED_OUT = 124;

  /** One question to the agent. */
  static final class Asked {
    @Mixin OperatorCommands.Which which = new OperatorCommands.Which();

    @Option(names = "--json", description = "As the agent says it.")
    boolean json;

    JsonNode result(String command, ObjectNode args, Integer timeoutMs) {
      var ask = new LocalCommands.Ask(command, args, timeoutMs);
      var answer = ControlSocket.command(which.socket(), ask);
      if (answer.isEmpty()) return null;
      return Json.read(answer.get().getBytes(StandardCharsets.UTF_8), JsonNode.class);
    }

    int stopped() {
      which.out().println("stopped");
      return OperatorCommands.NOT_RUNNING;
    }

    /** Says why a command was not done. */
    int complain(JsonNode result) {
      var why = result.path("code").asText() + ": " + result.path("error").asText();
      which.command.commandLine().getErr().println(why);
      return 1;
    }

    boolean succeeded(JsonNode result) {
      return result.path("status").asText().equals("success");
    }

    int print(JsonNode value) {
      which.out().println(new String(Json.write(value), StandardCharsets.UTF_8));
      return 0;
    }
  }

  private static ObjectNode session(String id) {
    return JsonNodeFactory.instance.objectNode().put("session_id", id);
  }

  private static String line(JsonNode session) {
    return "%-32s %-8s %-10s %s"
        .formatted(
            session.path("id").asText(),
            session.path("provider").asText(),
            session.path("status").asText(),
            session.path("workspace").asText());
  }

  @Command(name = "list", description = "All sessions.", mixinStandardHelpOptions = true)
  static final class Listing implements Callable<Integer> {
    @Mixin Asked asked = new Asked();

    @Override
    public Integer call() {
      var result = asked.result("session.list", null, null);
      if (result == null) return asked.stopped();
      if (!asked.succeeded(result)) return asked.complain(result);
      if (asked.json) return asked.print(result.path("output"));
      result.path("output").forEach(session -> asked.which.out().println(line(session)));
      return 0;
    }
  }

  @Command(
      name = "services",
      description = "What running sessions serve, and how that is.",
      mixinStandardHelpOptions = true)
  static final class Services implements Callable<Integer> {
    @Mixin Asked asked = new Asked();

    @Override
    public Integer call() {
      var result = asked.result("service.list", null, null);
      if (result == null) return asked.stopped();
      if (!asked.succeeded(result)) return asked.complain(result);
      if (asked.json) return asked.print(result.path("output"));
      for (var service : result.path("output")) {
        asked
            .which
            .out()
            .println(
                "%-32s %-8s %-10s %s"
                    .formatted(
                        service.path("name").asText(),
                        service.path("status").asText(),
                        service.path("health").asText(),
                        service.path("port").asText("")));
      }
      return 0;
    }
  }

  @Command(name = "status", description = "One session.", mixinStandardHelpOptions = true)
  static final class Status implements Callable<Integer> {
    @Mixin Asked asked = new Asked();

    @Parameters(paramLabel = "ID")
    String id;

    @Override
    public Integer call() {
      var result = asked.result("session.list", null, null);
      if (result == null) return asked.stopped();
      if (!asked.succeeded(result)) return asked.complain(result);
      var session = result.path("output").path(id);
      if (session.isMissingNode()) {
        asked.which.command.commandLine().getErr().println("session " + id + " not found");
        return 1;
      }
      if (asked.json) return asked.print(session);
      for (Map.Entry<String, JsonNode> entry : session.properties()) {
        var value = entry.getValue();
        var shown = value.isValueNode() ? value.asText() : value.toString();
        if (!value.isNull()) asked.which.out().println("%-10s %s".formatted(entry.getKey(), shown));
      }
      return 0;
    }
  }

  private static int act(Asked asked, String command, String id) {
    var result = asked.result(command, session(id), null);
    if (result == null) return asked.stopped();
    if (asked.json) asked.print(result);
    else if (asked.succeeded(result)) {
      asked.which.out().println(result.path("output").path("message").asText());
    } else return asked.complain(result);
    return asked.succeeded(result) ? 0 : 1;
  }

  @Command(name = "start", description = "Starts one.", mixinStandardHelpOptions = true)
  static final class Start implements Callable<Integer> {
    @Mixin Asked asked = new Asked();

    @Parameters(paramLabel = "ID")
    String id;

    @Override
    public Integer call() {
      return act(asked, "session.start", id);
    }
  }

  @Command(name = "stop", description = "Stops one.", mixinStandardHelpOptions = true)
  static final class Stop implements Callable<Integer> {
    @Mixin Asked asked = new Asked();

    @Parameters(paramLabel = "ID")
    String id;

    @Override
    public Integer call() {
      return act(asked, "session.stop", id);
    }
  }

  @Command(
      name = "destroy",
      description = "Removes one; its workspace stays.",
      mixinStandardHelpOptions = true)
  static final class Destroy implements Callable<Integer> {
    @Mixin Asked asked = new Asked();

    @Parameters(paramLabel = "ID")
    String id;

    @Override
    public Integer call() {
      return act(asked, "session.destroy", id);
    }
  }

  @Command(
      name = "exec",
      description = "Runs a program in one, and ends with its exit code.",
      mixinStandardHelpOptions = true)
  static final class Exec implements Callable<Integer> {
    @Mixin Asked asked = new Asked();

    @Option(
        names = {"-e", "--env"},
        description = "A variable of the program, NAME=value.")
    Map<String, String> env;

    @Option(
        names = "--timeout",
        defaultValue = "300",
        description = "Seconds after which it is killed.")
    int timeoutSec;

    @Parameters(paramLabel = "ID")
    String id;

    @Parameters(index = "1..*", arity = "1..*", paramLabel = "PROGRAM")
    List<String> program;

    @Override
    public Integer call() {
      var args = session(id);
      program.forEach(args.putArray("command")::add);
      if (env != null) env.forEach(args.putObject("env")::put);
      int timeoutMs = (int) TimeUnit.SECONDS.toMillis(Math.clamp(timeoutSec, 1, 3_600));
      var result = asked.result("session.exec", args.put("timeout_ms", timeoutMs), timeoutMs);
      if (result == null) return asked.stopped();
      if (asked.json) asked.print(result);
      var output = result.path("output");
      if (!asked.json && output.isObject()) {
        asked.which.out().print(output.path("stdout").asText());
        asked.which.out().flush();
        CommandLine line = asked.which.command.commandLine();
        line.getErr().print(output.path("stderr").asText());
        line.getErr().flush();
      }
      if (result.path("status").asText().equals("timeout")) return TIMED_OUT;
      if (output.path("exitCode").isInt()) return output.path("exitCode").asInt();
      asked.complain(result);
      return NOT_DONE;
    }
  }
}
