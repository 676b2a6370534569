package ai.vespid.agent.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.agent.Eventually;
import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.agent.sandbox.SandboxContract;
import ai.vespid.agent.sandbox.ScriptProcess;
import ai.vespid.agent.sandbox.ShellOutput;
import ai.vespid.agent.session.SessionProvider.Call;
import ai.vespid.agent.session.SessionProvider.Time;
import ai.vespid.agent.session.SessionRecord.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What every provider of sessions does alike, whatever it is made of (V-12). */
public interface SessionContract {
  int CHARS_MAX = SandboxContract.CHARS_MAX;

  /** The same sessions for every one that is made: what another process of this agent would see. */
  SessionProvider provider() throws IOException;

  /** A folder for this test alone. */
  Path directory();

  /** Whether a process of the machine or of the container has this argument. */
  default boolean runs(Sessions sessions, String argument) throws Exception {
    return SandboxContract.runs(argument);
  }

  default Sessions sessions() throws IOException {
    return sessions("state");
  }

  /** Another state folder is a disk that was lost. */
  default Sessions sessions(String state) throws IOException {
    return sessions(provider(), state);
  }

  default Sessions sessions(SessionProvider provider, String state) throws IOException {
    var providers = new Providers(List.of(provider), provider.name(), InstantSource.system());
    providers.probe();
    var sessions =
        new Sessions(
            providers,
            new SessionStore(directory().resolve(state)),
            new Bounds(10, 0, 0, 0),
            new Folders(List.of(directory().resolve("files"))),
            new WorkspaceDisks(
                directory().resolve("disks"),
                new ScriptProcess("boot-of-disks", 300, System.getenv("PATH")),
                System.getenv("PATH")));
    sessions.restore();
    return sessions;
  }

  static Time time() {
    return new Time(120_000, new Cancellation());
  }

  static Sessions.Wish wish(String id) {
    return wish(id, Map.of(), null);
  }

  static Sessions.Wish wish(String id, Map<String, Integer> services, Long diskBytes) {
    return new Sessions.Wish(
        id,
        "w-" + id,
        null,
        null,
        Map.of("SESSION_SAYS", "a b"),
        services,
        null,
        null,
        null,
        diskBytes,
        Map.of());
  }

  static ShellOutput exec(Sessions sessions, String id, String... command) throws Exception {
    return sessions.exec(id, call(20_000, command));
  }

  static Call call(long timeoutMs, String... command) {
    return new Call(
        List.of(command),
        Map.of("CALL_SAYS", "'quoted' $HOME"),
        timeoutMs,
        CHARS_MAX,
        new Cancellation());
  }

  private Sessions running(String id) throws Exception {
    var sessions = sessions();
    sessions.create(wish(id), time());
    sessions.start(id, time());
    return sessions;
  }

  @Test
  default void aSessionGoesThroughItsWholeLife() throws Exception {
    var sessions = sessions();

    assertThat(sessions.create(wish("one"), time()).record().state()).isEqualTo(State.CREATED);
    assertThat(provider().list()).hasSize(1);
    assertThat(sessions.start("one", time()).record().state()).isEqualTo(State.RUNNING);
    assertThat(exec(sessions, "one", "echo", "hello").stdout()).isEqualTo("hello\n");
    assertThat(sessions.stop("one", time()).record().state()).isEqualTo(State.STOPPED);
    assertThat(provider().list().values()).noneMatch(SessionProvider.Found::running);
    assertThatThrownBy(() -> exec(sessions, "one", "true"))
        .hasMessage("session one is not running");
    sessions.start("one", time());
    assertThat(exec(sessions, "one", "echo", "again").stdout()).isEqualTo("again\n");
    sessions.destroy("one", time());

    assertThat(sessions.list()).isEmpty();
    assertThat(provider().list()).isEmpty();
    assertThatThrownBy(() -> sessions.destroy("one", time())).hasMessage("session one not found");
  }

  @Test
  default void whatIsDoneTwiceIsDoneOnce() throws Exception {
    var sessions = running("one");

    assertThatThrownBy(() -> sessions.create(wish("one"), time()))
        .hasMessage("session one already exists");
    assertThat(provider().list()).hasSize(1);
    assertThat(sessions.start("one", time()).record().state()).isEqualTo(State.RUNNING);
    sessions.stop("one", time());
    assertThat(sessions.stop("one", time()).record().state()).isEqualTo(State.STOPPED);
  }

  @Test
  default void aProgramHasItsWordsItsVariablesAndTheWorkspace() throws Exception {
    var sessions = running("one");
    Files.writeString(directory().resolve("files/w-one/before"), "kept");

    var output =
        exec(
            sessions,
            "one",
            "sh",
            "-c",
            "pwd; echo \"$1,$2\"; echo \"$SESSION_SAYS,$CALL_SAYS\"; cat before; echo out >made;"
                + " id -u; echo err >&2; exit 3",
            "name",
            "a  b",
            "$x");

    assertThat(output.stdout())
        .startsWith("/workspace\na  b,$x\na b,'quoted' $HOME\nkept")
        .doesNotEndWith("\n0\n");
    assertThat(output.stderr()).isEqualTo("err\n");
    assertThat(output.exitCode()).isEqualTo(3);
    assertThat(directory().resolve("files/w-one/made")).hasContent("out\n");
  }

  @Test
  default void outputWithoutEndIsCut() throws Exception {
    var output = exec(running("one"), "one", "sh", "-c", "yes | head -c 3000000; echo é >&2");

    assertThat(output.exitCode()).isZero();
    assertThat(output.stdout()).hasSize(CHARS_MAX);
    assertThat(output.stdoutTruncated()).isTrue();
    assertThat(output.stderr()).isEqualTo("é\n");
  }

  @Test
  default void aProgramWhoseTimeIsUpEndsWithAllItStartedAndTheSessionGoesOn() throws Exception {
    var sessions = running("one");
    var seconds = SandboxContract.unique();
    var script =
        "trap '' TERM; (setsid nohup sleep SECONDS >/dev/null 2>&1 &); echo begun; sleep SECONDS"
            .replace("SECONDS", seconds);

    var output = sessions.exec("one", call(3_000, "sh", "-c", script));

    assertThat(output.timedOut()).isTrue();
    assertThat(output.exitCode()).isNull();
    assertThat(output.stdout()).isEqualTo("begun\n");
    Eventually.is("all of it ended", () -> !runs(sessions, seconds));
    assertThat(exec(sessions, "one", "echo", "on").stdout()).isEqualTo("on\n");
  }

  @Test
  default void whatAProgramLeavesInTheBackgroundStaysUntilTheSessionStops() throws Exception {
    var sessions = running("one");
    var seconds = SandboxContract.unique();

    exec(sessions, "one", "sh", "-c", "setsid sleep " + seconds + " >/dev/null 2>&1 &");
    Eventually.is("it runs", () -> runs(sessions, seconds));
    sessions.stop("one", time());

    Eventually.is("it ended", () -> !SandboxContract.runs(seconds));
  }

  @Test
  default void itsMemoryEndsAtItsLimitAndItHasNoNetwork() throws Exception {
    var sessions = running("one");

    assertThat(
            exec(
                    sessions,
                    "one",
                    "sh",
                    "-c",
                    "dd if=/dev/zero of=/dev/null bs=400M count=1; echo $?")
                .stdout())
        .isNotEqualTo("0\n");
    assertThat(
            exec(sessions, "one", "sh", "-c", "tail -n +3 /proc/net/dev | grep -vc lo:").stdout())
        .isEqualTo("0\n");
    assertThat(exec(sessions, "one", "sh", "-c", "echo x >/etc/x").exitCode()).isNotZero();
  }

  @Test
  default void sessionsDoNotSeeEachOther() throws Exception {
    var sessions = running("one");
    sessions.create(wish("two"), time());
    sessions.start("two", time());

    exec(sessions, "one", "sh", "-c", "echo mine >mine; echo mine >/tmp/mine");

    assertThat(exec(sessions, "two", "ls", "mine", "/tmp/mine").exitCode()).isNotZero();
    assertThat(sessions.list()).hasSize(2);
    sessions.destroy("one", time());
    assertThat(exec(sessions, "two", "echo", "here").stdout()).isEqualTo("here\n");
  }

  @Test
  default void anotherProcessOfTheAgentFindsThemAgain() throws Exception {
    running("one").create(wish("two"), time());

    var next = sessions();
    next.compare();

    assertThat(next.list())
        .extracting(view -> view.record().id() + " " + view.record().state())
        .containsExactly("one RUNNING", "two CREATED");
    assertThat(exec(next, "one", "sh", "-c", "echo $SESSION_SAYS").stdout()).isEqualTo("a b\n");
    next.start("two", time());
    assertThat(exec(next, "two", "echo", "two").stdout()).isEqualTo("two\n");
  }

  @Test
  default void whatTheDiskLostIsFoundAtTheProvider() throws Exception {
    running("one");

    var next = sessions("another-disk");
    next.compare();

    assertThat(next.list())
        .singleElement()
        .extracting(view -> view.record().id() + " " + view.record().state())
        .isEqualTo("one RUNNING");
    assertThat(exec(next, "one", "echo", "found").stdout()).isEqualTo("found\n");
    next.destroy("one", time());
    assertThat(provider().list()).isEmpty();
  }

  @Test
  default void whatWasOnlyBeingMadeWhenItsAgentDiedIsRemoved() throws Exception {
    var sessions = sessions();
    var record = sessions.create(wish("half"), time()).record();
    // As it was on disk until then.
    new SessionStore(directory().resolve("state")).write(record.in(State.CREATING));

    var next = sessions();
    next.compare();

    assertThat(next.list()).isEmpty();
    assertThat(provider().list()).isEmpty();
  }

  @Test
  default void whatSomebodyElseRemovedIsGone() throws Exception {
    var sessions = running("one");

    provider().destroy(sessions.get("one").orElseThrow().record().handle());
    sessions.compare();

    assertThat(sessions.list()).isEmpty();
    assertThatThrownBy(() -> exec(sessions, "one", "true")).hasMessage("session one not found");
  }
}
