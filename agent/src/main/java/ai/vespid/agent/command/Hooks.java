package ai.vespid.agent.command;

import ai.vespid.agent.sandbox.ScriptProcess;
import ai.vespid.protocol.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Verbs that are carried out by programs of the site (seed 003, W-17): one file for each in a
 * folder, named as the verb. It is run by its absolute path and by no shell, with {@code
 * --name=value} for every argument that may be seen, the secret ones as one JSON object on its
 * standard input, and nothing of the agent's environment.
 */
final class Hooks {
  private static final List<String> VERBS =
      List.of(
          "create_panel_user",
          "create_openvpn_user",
          "delete_user",
          "list_users",
          "generate_bootstrap",
          "revoke_bootstrap");
  private static final Map<String, String> ENVIRONMENT =
      Map.of("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL", "C");

  private final Path folder;
  private final ScriptProcess processes;

  /**
   * @param folder null for no hooks
   */
  Hooks(Path folder, ScriptProcess processes) {
    this.folder = folder == null ? null : folder.toAbsolutePath();
    this.processes = processes;
  }

  Map<String, Handler> handlers() {
    var handlers = new LinkedHashMap<String, Handler>();
    for (var verb : VERBS) handlers.put(verb, new Hook(verb));
    return handlers;
  }

  private record Ran(Integer rc, String stdout, String stderr) {}

  private final class Hook implements Handler {
    private final String verb;

    private Hook(String verb) {
      this.verb = verb;
    }

    // One that others may write to is not the site's any more.
    @Override
    public boolean available() {
      if (folder == null) return false;
      var file = folder.resolve(verb);
      try {
        if (!Files.isRegularFile(file) || !Files.isExecutable(file)) return false;
        return !othersMayWrite(file.toRealPath()) && !othersMayWrite(folder.toRealPath());
      } catch (IOException e) {
        return false;
      }
    }

    private static boolean othersMayWrite(Path path) throws IOException {
      return Files.getPosixFilePermissions(path).stream()
          .anyMatch(
              Set.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE)::contains);
    }

    @Override
    public Outcome handle(Request request) throws IOException, InterruptedException {
      var command = new ArrayList<String>();
      command.add(folder.resolve(verb).toRealPath().toString());
      for (var entry : request.args().properties()) {
        command.add("--" + entry.getKey() + '=' + entry.getValue().asText());
      }
      var secrets = request.secrets();
      var input = secrets.isEmpty() ? null : Json.write(secrets);
      var program =
          new ScriptProcess.Program(
              "hook",
              command,
              folder,
              ENVIRONMENT,
              request.timeoutMs(),
              request.outputCharsMax(),
              input);
      var output = processes.run(program, request.cancellation());
      var told = told(request, output.stdout());
      var ran = new Ran(output.exitCode(), told, told(request, output.stderr()));
      if (output.timedOut()) return Outcome.timeout(verb + " took too long and was ended", ran);
      if (output.exitCode() == null) return Outcome.failed("CANCELED", "it was cancelled", ran);
      return output.exitCode() == 0
          ? Outcome.success(ran)
          : Outcome.failed("HOOK_FAILED", verb + " ended with code " + output.exitCode(), ran);
    }

    // A program that repeats what it was told must not put it into a table.
    private String told(Request request, String text) {
      var told = text;
      for (var entry : request.secrets().properties()) {
        told = told.replace(entry.getValue().asText(), "***");
      }
      return told;
    }
  }
}
