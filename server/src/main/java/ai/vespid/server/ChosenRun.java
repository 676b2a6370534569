package ai.vespid.server;

import picocli.CommandLine.Parameters;

/** Which run of which workflow; part of every command about one. */
final class ChosenRun {
  @Parameters(index = "0", paramLabel = "<workflow>", description = "its id or its name")
  private String workflow;

  @Parameters(index = "1", paramLabel = "<run>", description = "the run's id")
  private String run;

  String run() {
    return run;
  }

  /** The id of the workflow it belongs to. */
  String workflow(OrganizationCalls calls) {
    return WorkflowFinder.published(calls, workflow);
  }

  /** Where the control API has it. */
  String path(OrganizationCalls calls) {
    return "/workflows/" + workflow(calls) + "/runs/" + run;
  }
}
