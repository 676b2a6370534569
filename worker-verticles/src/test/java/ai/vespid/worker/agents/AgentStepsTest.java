package ai.vespid.worker.agents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.protocol.RawJson;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An agent that another worker takes over goes on at the last step that is kept. */
final class AgentStepsTest {
  private final AgentRig rig = new AgentRig();

  @AfterEach
  void close() {
    rig.close();
  }

  // Begun, Answered, Called, Observed, Answered, Called, Observed, Answered.
  private static final int ALL = 8;

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8})
  void goesOnAtTheLastStepThatIsKeptAndAnswersTheSame(int steps) {
    rig.wants("shell.run", "{\"script\":\"echo 1\"}");
    rig.wants("shell.run", "{\"script\":\"echo 2\"}");
    rig.says("done");
    var whole = rig.run("{}");
    assertThat(rig.kept.get("think")).hasSize(ALL);
    var ids = rig.used.stream().map(ai.vespid.protocol.workflow.Node::id).toList();
    if (steps < 2) rig.wants("shell.run", "{\"script\":\"echo 1\"}");
    if (steps < 5) rig.wants("shell.run", "{\"script\":\"echo 2\"}");
    if (steps < ALL) rig.says("done");

    var resumed = rig.resume("{}", steps);

    assertThat(resumed).isEqualTo(whole);
    assertThat(rig.answers).isEmpty();
    assertThat(rig.asked).hasSize(steps < 2 ? 3 : steps < 5 ? 2 : steps < ALL ? 1 : 0);
    assertThat(rig.used)
        .extracting(ai.vespid.protocol.workflow.Node::id)
        .isEqualTo(steps < 4 ? ids : steps < 7 ? ids.subList(1, 2) : List.of());
    if (steps > 0) assertThat(rig.told.getFirst()).startsWith("agent.resumed ");
  }

  @Test
  void aTeammateGoesOnWhereItStoppedToo() {
    rig.wants("team.delegate", "{\"teammateId\":\"reader\",\"input\":\"the file\"}");
    rig.wants("shell.run", "{\"script\":\"cat file\"}");
    rig.says("It says 42.");
    rig.says("The reader found 42.");
    var whole = rig.run(AgentRig.TEAM);
    rig.says("It says 42.");
    rig.says("The reader found 42.");

    // The lead has delegated; the teammate has its tool's answer.
    var resumed = rig.resume(AgentRig.TEAM, 3, 4);

    assertThat(resumed).isEqualTo(whole);
    assertThat(rig.asked).hasSize(2);
    assertThat(rig.used).isEmpty();
  }

  @Test
  void repeatsNoCallOfAServiceOfWhichNobodyKnowsWhatCameOfIt() {
    var cloud =
        """
        {"tools": {"allow": ["connector.action"], "execution": "cloud", "authDefaults":
          {"connectors": {"github": {"secretId": "11111111-1111-4111-8111-111111111111"}}}}}
        """;
    rig.wants("connector.github.issue.create", "{\"repo\":\"a/b\",\"title\":\"t\"}");
    rig.says("done");
    rig.run(cloud);
    assertThat(rig.used).hasSize(1);
    rig.says("I shall look first.");

    rig.output(rig.resume(cloud, 3));

    assertThat(rig.used).isEmpty();
    assertThat(rig.asked.getFirst().said().getLast().toString())
        .contains("TOOL_OUTCOME_UNKNOWN:connector.github.issue.create");
  }

  @Test
  void writesWhatItRemembersUnderTheSameIdAgain() {
    var memory = "{\"tools\": {\"allow\": [\"memory.write\"], \"execution\": \"cloud\"}}";
    rig.wants("memory.write", "{\"text\":\"42\"}");
    rig.wants("memory.write", "{\"text\":\"42\"}");
    rig.says("done");
    rig.run(memory);
    rig.says("done");

    // The second one was called, and what came of it is not known.
    rig.resume(memory, 6);

    assertThat(rig.remembered).hasSize(3).last().isEqualTo(rig.remembered.get(1));
    assertThat(rig.remembered.get(0)).isNotEqualTo(rig.remembered.get(1));
  }

  @Test
  void stopsAtItsNextStepWhenAnotherWorkerShallGoOn() {
    rig.leaves = true;
    rig.says("never asked");

    assertThatThrownBy(() -> rig.run("{}")).isInstanceOf(AgentTask.Left.class);
    assertThat(rig.asked).isEmpty();
  }

  @Test
  void givesItsTimeNoNewBeginning() {
    rig.says("late");
    assertThat(rig.run("{}").error()).isNull();
    rig.kept.put(
        "think", new ArrayList<>(List.of(RawJson.of("{\"step\":\"begun\",\"deadlineMs\":1}"))));

    assertThat(rig.run("{}", 20_000).error()).isEqualTo("LLM_TIMEOUT");
  }
}
