package ai.vespid.agent.sandbox.docker;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.agent.sandbox.ShellTask;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

  private int call(Syscall call, Map<String, String> environment) throws Exception {
    var work = Files.createDirectory(directory.resolve("work"));
    call.write(work.resolve("call"));
    var task =
        new ShellTask(
            "r", 1, "./call", "sh", Map.of(), List.of(), work, 20_000, 100, ShellTask.Wish.NONE);
    return TestEngine.sandbox(environment, directory).run(task, new Cancellation()).exitCode();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "socket of a virtual machine,     41,  40,   1",
    "socket of the crypto interface,  41,  38,   1",
    "packet socket,                   41,  17,   1",
    "new user namespace,             272,  0x10000000, 0",
    "new namespace by clone,          56,  0x10000011, 0",
    "join a namespace,               308,  0,    0",
    "mount,                          165,  0,    0",
    "open tree,                      428,  0,    0",
    "fsopen,                         430,  0,    0",
    "pivot root,                     155,  0,    0",
    "trace a process,                101,  0,    0",
    "read another's memory,          310,  1,    0",
    "keys of the kernel,             250,  0,    0",
    "add a key,                      248,  0,    0",
    "bpf,                            321,  0,    0",
    "performance counters,           298,  0,    0",
    "user faults,                    323,  0,    0",
    "load a module,                  175,  0,    0",
    "another kernel,                 246,  0,    0",
    "reboot,                         169,  0,    0",
    "set the clock,                  227,  0,    0",
    "swap,                           167,  0,    0",
    "open by handle,                 304,  0,    0",
    "take another's descriptor,      438,  1,    0",
    "accounting,                     163,  0,    0",
    "quota,                          179,  0,    0",
    "log of the kernel,              103,  3,    0",
    "another personality,            135,  0x40000, 0",
    "move pages,                     256,  1,    0"
  })
  void whatADefaultEngineOrAWeakerProfileLetsThroughIsRefused(
      String what, int number, String first, String second) throws Exception {
    var call = Syscall.of(number, Long.decode(first), Long.decode(second));

    assertThat(call(call, Map.of())).as(what).isEqualTo(EPERM);
  }

  @ParameterizedTest(name = "call {0}")
  @CsvSource({"425", "426", "427", "435"})
  void theRingAndTheCloneThatHideTheirArgumentsDoNotExist(int number) throws Exception {
    assertThat(call(Syscall.of(number), Map.of())).isEqualTo(ENOSYS);
  }

  @Test
  void thirtyTwoBitCallsDoNotGetPastIt() throws Exception {
    // socketcall, whose arguments no filter sees.
    var call = new Syscall(102, 1, 0, true);

    assertThat(call(call, Map.of())).isIn(KILLED_BY_SIGSYS, EPERM, ENOSYS);
  }

  @Test
  void aProgramWithoutTheProfileIsLetThroughWhichShowsThatTheProfileRefused() throws Exception {
    var open = Map.of("AGENT_WORKER_DOCKER_SECURITY_OPTS", "seccomp=unconfined");

    assertThat(call(Syscall.of(272, 0x10000000), open)).isZero();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({"local socket, 41, 1, 1", "internet socket, 41, 2, 1", "own id, 39, 0, 0"})
  void whatProgramsNeedGoesThrough(String what, int number, long first, long second)
      throws Exception {
    assertThat(call(Syscall.of(number, first, second), Map.of())).as(what).isZero();
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

    assertThat(call(Syscall.of(110), own)).isEqualTo(71);
  }
}
