package ai.vespid.agent;

import ai.vespid.agent.settings.Problems;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code doctor}: finds out why an agent does not work, and says what to do. */
@Command(
    name = "doctor",
    description = "Looks for what is wrong, and says what to do about it.",
    mixinStandardHelpOptions = true)
final class Doctor implements Callable<Integer> {
  @Mixin OperatorCommands.Which which = new OperatorCommands.Which();

  @Override
  public Integer call() {
    var findings = examine(System.getenv(), which.configPath);
    var out = which.out();
    for (var finding : findings) {
      out.println(
          "%s %s: %s\n      %s"
              .formatted(
                  finding.fault() ? "fault" : "note ",
                  finding.code(),
                  finding.what(),
                  finding.remedy()));
    }
    long faults = findings.stream().filter(Finding::fault).count();
    out.println(faults == 0 ? "no fault found" : faults + " found");
    return faults == 0 ? 0 : 1;
  }

  /**
   * Everything that is found, in the order of the way a task takes.
   *
   * @param configPath null for the usual place
   */
  static List<Finding> examine(Map<String, String> environment, Path configPath) {
    var findings = new ArrayList<Finding>();
    var configuration = Configuration.read(environment, configPath);
    var config = new ConfigChecks(configuration, findings).run();
    var machine = new MachineChecks(configuration, environment, findings);
    boolean running = machine.agent();
    machine.machine(running);
    var problems = new Problems();
    configuration.settings().check(problems);
    // A sandbox that would be made of malformed options cannot be asked.
    if (problems.found().isEmpty()) machine.sandboxes();
    if (problems.found().isEmpty()) new ToolChecks(configuration, environment, findings).run();
    // The agent that runs tells itself whether it is connected.
    if (config != null && !running) {
      new GatewayChecks(config, configuration.settings(), findings).run();
    }
    return List.copyOf(findings);
  }
}
