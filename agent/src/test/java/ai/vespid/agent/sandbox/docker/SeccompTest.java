package ai.vespid.agent.sandbox.docker;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.agent.sandbox.ShellTask;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The shipped profile, asked by programs that make the calls it is there to refuse. */
class SeccompTest {
  private static final int EPERM = 1;
  private static final int ENOSYS = 38;
  private static final int KILLED_BY_SIGSYS = 128 + 31;

  @TempDir Path directory;

  @BeforeAll
  static void engine() {
    TestEngine.required();
  }

  private static final Map<String, Syscall> REFUSED =
      Map.ofEntries(
          Map.entry("socket of a virtual machine", Syscall.of(41, 40, 1)),
          Map.entry("socket of the crypto interface", Syscall.of(41, 38, 1)),
          Map.entry("packet socket", Syscall.of(41, 17, 1)),
          Map.entry("new user namespace", Syscall.of(272, 0x10000000, 0)),
          Map.entry("new namespace by clone", Syscall.of(56, 0x10000011, 0)),
          Map.entry("join a namespace", Syscall.of(308, 0, 0)),
          Map.entry("mount", Syscall.of(165, 0, 0)),
          Map.entry("open tree", Syscall.of(428, 0, 0)),
          Map.entry("fsopen", Syscall.of(430, 0, 0)),
          Map.entry("pivot root", Syscall.of(155, 0, 0)),
          Map.entry("trace a process", Syscall.of(101, 0, 0)),
          Map.entry("read another's memory", Syscall.of(310, 1, 0)),
          Map.entry("keys of the kernel", Syscall.of(250, 0, 0)),
          Map.entry("add a key", Syscall.of(248, 0, 0)),
          Map.entry("bpf", Syscall.of(321, 0, 0)),
          Map.entry("performance counters", Syscall.of(298, 0, 0)),
          Map.entry("user faults", Syscall.of(323, 0, 0)),
          Map.entry("load a module", Syscall.of(175, 0, 0)),
          Map.entry("another kernel", Syscall.of(246, 0, 0)),
          Map.entry("reboot", Syscall.of(169, 0, 0)),
          Map.entry("set the clock", Syscall.of(227, 0, 0)),
          Map.entry("swap", Syscall.of(167, 0, 0)),
          Map.entry("open by handle", Syscall.of(304, 0, 0)),
          Map.entry("take another's descriptor", Syscall.of(438, 1, 0)),
          Map.entry("accounting", Syscall.of(163, 0, 0)),
          Map.entry("quota", Syscall.of(179, 0, 0)),
          Map.entry("log of the kernel", Syscall.of(103, 3, 0)),
          Map.entry("another personality", Syscall.of(135, 0x40000, 0)),
          Map.entry("move pages", Syscall.of(256, 1, 0)));

  private static final Map<String, Syscall> ABSENT =
      Map.of(
          "io_uring_setup", Syscall.of(425),
          "io_uring_enter", Syscall.of(426),
          "io_uring_register", Syscall.of(427),
          "clone3", Syscall.of(435));

  private static final Map<String, Syscall> NEEDED =
      Map.of(
          "local socket", Syscall.of(41, 1, 1),
          "internet socket", Syscall.of(41, 2, 1),
          "own id", Syscall.of(39));

  /** What each call ended with, all of them made in one container. */
  private Map<String, Integer> call(Map<String, Syscall> calls, Map<String, String> environment)
      throws Exception {
    var work = Files.createDirectory(directory.resolve("work"));
    for (var call : calls.entrySet()) call.getValue().write(work.resolve(call.getKey()));
    var task =
        new ShellTask(
            "r",
            1,
            "for call in *; do \"./$call\"; echo \"$call:$?\"; done",
            "sh",
            Map.of(),
            List.of(),
            work,
            20_000,
            4_000,
            ShellTask.Wish.NONE);
    var output = TestEngine.sandbox(environment, directory).run(task, new Cancellation());
    return output
        .stdout()
        .lines()
        .map(line -> line.split(":"))
        .collect(Collectors.toMap(parts -> parts[0], parts -> Integer.valueOf(parts[1])));
  }

  private static Map<String, Integer> all(Map<String, Syscall> calls, int code) {
    return calls.keySet().stream().collect(Collectors.toMap(name -> name, _ -> code));
  }

  @Test
  void whatADefaultEngineOrAWeakerProfileLetsThroughIsRefused() throws Exception {
    assertThat(call(REFUSED, Map.of())).isEqualTo(all(REFUSED, EPERM));
  }

  @Test
  void theRingAndTheCloneThatHideTheirArgumentsDoNotExist() throws Exception {
    assertThat(call(ABSENT, Map.of())).isEqualTo(all(ABSENT, ENOSYS));
  }

  @Test
  void thirtyTwoBitCallsDoNotGetPastIt() throws Exception {
    // socketcall, whose arguments no filter sees.
    var ended = call(Map.of("old", new Syscall(102, 1, 0, true)), Map.of());

    assertThat(ended.get("old")).isIn(KILLED_BY_SIGSYS, EPERM, ENOSYS);
  }

  @Test
  void aProgramWithoutTheProfileIsLetThroughWhichShowsThatTheProfileRefused() throws Exception {
    var open = Map.of("AGENT_WORKER_DOCKER_SECURITY_OPTS", "seccomp=unconfined");

    var ended = call(Map.of("namespace", Syscall.of(272, 0x10000000)), open);

    assertThat(ended).containsEntry("namespace", 0);
  }

  @Test
  void whatProgramsNeedGoesThrough() throws Exception {
    assertThat(call(NEEDED, Map.of())).isEqualTo(all(NEEDED, 0));
  }

  @Test
  void anOperatorsOwnProfileIsUsed() throws Exception {
    var profile =
        Files.writeString(
            directory.resolve("own.json"),
            """
            {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
              {"names": ["getppid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 71}]}
            """);
    var own = Map.of("AGENT_WORKER_DOCKER_SECCOMP_PROFILE", profile.toString());

    assertThat(call(Map.of("parent", Syscall.of(110)), own)).containsEntry("parent", 71);
  }
}
