package ai.vespid.agent.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.agent.sandbox.Sandboxes.Health;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SandboxesTest {
  private static final Probe WORKS = new Probe.Works(List.of());
  private static final Probe FAILS = new Probe.Fails("it is gone");

  /** Says of itself what it is told to. */
  private static final class Scripted implements Sandbox {
    private final String name;
    private Probe probe;
    private int swept;

    Scripted(String name, Probe probe) {
      this.name = name;
      this.probe = probe;
    }

    @Override
    public String backend() {
      return name;
    }

    @Override
    public boolean isolatesNetwork() {
      return true;
    }

    @Override
    public Probe probe() {
      return probe;
    }

    @Override
    public void endOrphans() {
      swept++;
    }

    @Override
    public ShellOutput run(ShellTask task, Cancellation cancellation) {
      return new ShellOutput(name, 0, false, "", "", false, false);
    }
  }

  private final Scripted host = new Scripted("host", WORKS);
  private final Scripted docker = new Scripted("docker", FAILS);

  private Sandboxes probed(String byDefault, String... expected) {
    var sandboxes = new Sandboxes(List.of(host, docker), byDefault, Set.of(expected));
    sandboxes.probe();
    return sandboxes;
  }

  @Test
  void nothingWorksBeforeItWasAsked() {
    var sandboxes = new Sandboxes(List.of(host), "host", Set.of());

    assertThat(sandboxes.find("host")).isEmpty();
    assertThat(sandboxes.serve()).isFalse();
    assertThat(sandboxes.health()).isEqualTo(Health.FAILED);
  }

  @Test
  void oneThatFailsIsWithdrawnAndTheOthersGoOn() {
    var sandboxes = probed("host", "docker");

    assertThat(sandboxes.find("docker")).isEmpty();
    assertThat(sandboxes.find(null)).contains(host);
    assertThat(sandboxes.health()).isEqualTo(Health.DEGRADED);
  }

  @Test
  void oneThatNobodyAskedForIsNotMissedUntilItHasWorked() {
    var sandboxes = probed("host");
    assertThat(sandboxes.health()).isEqualTo(Health.OK);

    docker.probe = WORKS;
    sandboxes.probe();
    assertThat(sandboxes.find("docker")).contains(docker);
    docker.probe = FAILS;
    sandboxes.probe();

    assertThat(sandboxes.health()).isEqualTo(Health.DEGRADED);
  }

  @Test
  void scriptsAreNotOfferedWhileTheUsualPlaceIsGone() {
    assertThat(probed("docker").serve()).isFalse();
    docker.probe = WORKS;
    assertThat(probed("docker").serve()).isTrue();
  }

  @Test
  void aLimitThatIsNotEnforcedDegrades() {
    docker.probe = new Probe.Works(List.of("memory: no such cgroup"));

    assertThat(probed("docker").health()).isEqualTo(Health.DEGRADED);
  }

  @Test
  void onlyWhatWorksIsSearchedForOrphans() {
    probed("host").endOrphans();

    assertThat(host.swept).isOne();
    assertThat(docker.swept).isZero();
  }
}
