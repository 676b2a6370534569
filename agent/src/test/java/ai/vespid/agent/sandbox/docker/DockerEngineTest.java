package ai.vespid.agent.sandbox.docker;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.agent.Eventually;
import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.agent.sandbox.Owner;
import ai.vespid.agent.sandbox.Probe;
import ai.vespid.agent.sandbox.SandboxContract;
import ai.vespid.agent.sandbox.Sandboxes;
import ai.vespid.agent.sandbox.ShellTask;
import com.github.dockerjava.api.command.BuildImageResultCallback;
import com.github.dockerjava.api.model.AccessMode;
import com.github.dockerjava.api.model.Capability;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the engine is told, what it does not do, and what an image would have it do. */
class DockerEngineTest {
  @TempDir Path directory;

  private Path work;

  @BeforeAll
  static void engine() {
    TestEngine.required();
  }

  @BeforeEach
  void folder() throws IOException {
    work = Files.createDirectory(directory.resolve("work"));
  }

  private ShellTask task(String script, ShellTask.Wish wish) {
    return new ShellTask("r", 7, script, "sh", Map.of(), List.of(), work, 30_000, 4_000, wish);
  }

  @Test
  void theEngineShowsEveryOptionAsItWasSet() throws Exception {
    var artifacts = Files.createDirectory(directory.resolve("artifacts"));
    var environment = new HashMap<String, String>();
    environment.put("AGENT_WORKER_DOCKER_READONLY", "false");
    environment.put("AGENT_WORKER_DOCKER_TMPFS", "/tmp:rw,size=16m,/var/tmp:rw,noexec,size=8m");
    environment.put("AGENT_WORKER_DOCKER_CAP_DROP", "NET_RAW,CAP_MKNOD");
    environment.put("AGENT_WORKER_DOCKER_NO_NEW_PRIVS", "true");
    environment.put("AGENT_WORKER_DOCKER_SECURITY_OPTS", "seccomp=unconfined,label=disable");
    environment.put("AGENT_WORKER_DOCKER_CPUS", "0.25");
    environment.put("AGENT_WORKER_DOCKER_ULIMITS", "nofile=100:200,fsize=10485760");
    environment.put("AGENT_WORKER_DOCKER_PIDS_LIMIT", "99");
    environment.put("MAX_MEMORY_PER_AGENT_MB", "128");
    environment.put("AGENT_WORKER_DOCKER_MOUNT", artifacts.toString());
    var sandbox = TestEngine.sandbox(environment, directory);
    var cancellation = new Cancellation();
    var run =
        Thread.ofVirtual()
            .start(() -> {
              try {
                sandbox.run(task("touch up; sleep 60", ShellTask.Wish.NONE), cancellation);
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
    Eventually.is("it runs", () -> Files.exists(work.resolve("up")));

    var container = TestEngine.containersOf("agent-of-" + directory.getFileName()).getFirst();
    var shown = TestEngine.client().inspectContainerCmd(container.getId()).exec();
    cancellation.cancel();
    run.join();

    var host = shown.getHostConfig();
    assertThat(host.getReadonlyRootfs()).isFalse();
    assertThat(host.getTmpFs())
        .isEqualTo(Map.of("/tmp", "rw,size=16m", "/var/tmp", "rw,noexec,size=8m"));
    assertThat(host.getCapDrop()).containsExactly(Capability.NET_RAW, Capability.MKNOD);
    assertThat(host.getSecurityOpts())
        .containsExactly("no-new-privileges", "seccomp=unconfined", "label=disable");
    assertThat(host.getNanoCPUs()).isEqualTo(250_000_000);
    assertThat(host.getPidsLimit()).isEqualTo(99);
    assertThat(host.getMemory()).isEqualTo(128L << 20);
    assertThat(host.getMemorySwap()).isEqualTo(128L << 20);
    assertThat(host.getNetworkMode()).isEqualTo("none");
    assertThat(host.getPrivileged()).isFalse();
    assertThat(host.getUlimits())
        .extracting(limit -> limit.getName() + limit.getSoftLong() + ":" + limit.getHardLong())
        .containsExactlyInAnyOrder("nofile100:200", "fsize10485760:10485760");
    assertThat(host.getBinds())
        .anySatisfy(bind -> {
          assertThat(bind.getPath()).isEqualTo(artifacts.toString());
          assertThat(bind.getAccessMode()).isEqualTo(AccessMode.ro);
        });
    assertThat(shown.getConfig().getUser()).isEqualTo("1000:1000");
    assertThat(shown.getName()).startsWith("/vespid-");
    assertThat(shown.getConfig().getLabels())
        .containsEntry(Owner.LABEL + "epoch", "7")
        .containsEntry(Owner.LABEL + "pid", "" + ProcessHandle.current().pid())
        .containsKeys(Owner.LABEL + "start", Owner.LABEL + "place", Owner.LABEL + "boot");
  }

  @Test
  void whatAnImageBringsAlongChangesNothing() throws Exception {
    var image = "vespid-test/greedy:" + ProcessHandle.current().pid();
    Files.writeString(
        directory.resolve("Dockerfile"),
        """
        FROM %s
        VOLUME /data
        ENTRYPOINT ["/bin/false"]
        HEALTHCHECK --interval=1s CMD touch /work/healthy
        USER root
        """
            .formatted(TestEngine.IMAGE));
    TestEngine.client()
        .buildImageCmd(directory.resolve("Dockerfile").toFile())
        .withTags(Set.of(image))
        .exec(new BuildImageResultCallback())
        .awaitImageId();
    try {
      var output =
          TestEngine.sandbox(Map.of(), directory)
              .run(
                  task(
                      "id -u; dd if=/dev/zero of=/data/x bs=1M count=80 2>&1 | grep -c space; sleep 2",
                      new ShellTask.Wish(null, image)),
                  new Cancellation());

      assertThat(output.stdout()).isEqualTo("1000\n1\n");
      assertThat(output.exitCode()).isZero();
      assertThat(work.resolve("healthy")).doesNotExist();
      assertThat(TestEngine.client().listVolumesCmd().exec().getVolumes()).isNullOrEmpty();
    } finally {
      TestEngine.client().removeImageCmd(image).withForce(true).exec();
    }
  }

  @Test
  void aLimitThatTheEngineIgnoresIsReportedAndDegrades() {
    var options = TestEngine.client().infoCmd().exec().getSecurityOptions();
    boolean hasAppArmor = options.stream().anyMatch(o -> o.startsWith("name=apparmor"));
    var sandbox =
        TestEngine.sandbox(Map.of("AGENT_WORKER_DOCKER_APPARMOR", "docker-default"), directory);
    var sandboxes = Sandboxes.only(sandbox);

    if (hasAppArmor) {
      assertThat(sandboxes.health()).isEqualTo(Sandboxes.Health.OK);
    } else {
      assertThat(sandbox.probe())
          .isEqualTo(
              new Probe.Works(List.of("AppArmor: the engine has none, and ignores the profile")));
      assertThat(sandboxes.health()).isEqualTo(Sandboxes.Health.DEGRADED);
      assertThat(
              TestEngine.sandbox(Map.of("AGENT_WORKER_REQUIRE_APPARMOR", "true"), directory)
                  .probe())
          .isEqualTo(new Probe.Fails("AppArmor is required, and the engine has none"));
    }
  }

  @Test
  void anEngineThatRefusesALimitIsWithdrawnBeforeATaskNeedsIt() throws Exception {
    var sandbox =
        TestEngine.sandbox(
            Map.of(
                "AGENT_WORKER_DOCKER_STORAGE_OPTS", "size=20m",
                "AGENT_WORKER_DOCKER_READONLY", "false",
                "AGENT_WORKER_DOCKER_USER", "1000:1000"),
            directory);

    // Quotas of the engine's storage want a file system that has them.
    switch (sandbox.probe()) {
      case Probe.Fails(var why) -> {
        assertThat(why).startsWith("a container with these limits cannot run: ");
        assertThat(Sandboxes.only(sandbox).find(null)).isEmpty();
      }
      case Probe.Works _ -> assertThat(Sandboxes.only(sandbox).find(null)).isPresent();
    }
  }

  @Test
  void withoutAnEngineItFailsAtOnce() {
    var none = Map.of("DOCKER_HOST", "unix://" + directory.resolve("none.sock"));

    assertThat(TestEngine.sandbox(none, directory).probe())
        .isEqualTo(
            new Probe.Fails("there is no engine at unix://" + directory.resolve("none.sock")));
    assertThat(TestEngine.sandbox(Map.of("DOCKER_HOST", "tcp://127.0.0.1:1"), directory).probe())
        .isEqualTo(new Probe.Fails("the engine at tcp://127.0.0.1:1 does not answer"));
  }

  @Test
  void containersOfTheDeadAreRemovedAndThoseOfTheLivingAreNot() throws Exception {
    var self = Owner.self("agent-x", "boot-now");
    var dead = new Owner("agent-y", "boot-a", self.place(), self.pid(), self.start() + 1);
    var before = new Owner("agent-x", "boot-before", "elsewhere", 1, 1);
    var unknown = new Owner("agent-z", "boot-b", "elsewhere", 1, 1);
    var sandbox =
        new DockerSandbox(
            TestEngine.options(Map.of()),
            self,
            "boot-before",
            directory,
            SandboxContract::agentVariable);
    var living = new Owner("agent-y", "boot-c", self.place(), self.pid(), self.start());
    for (var owner : List.of(dead, before, unknown, self, living)) TestEngine.start(owner.labels());

    sandbox.endOrphans();

    assertThat(TestEngine.containersOf("agent-z")).as("nobody knows its owner").hasSize(1);
    assertThat(TestEngine.containersOf("agent-y"))
        .extracting(container -> Owner.of(container.getLabels()).boot())
        .containsExactly("boot-c");
    // Its own that it does not run any more, and that of the process before it.
    assertThat(TestEngine.containersOf("agent-x")).isEmpty();
    for (var agent : List.of("agent-y", "agent-z")) {
      for (var container : TestEngine.containersOf(agent)) {
        TestEngine.remove(container.getId());
      }
    }
  }
}
