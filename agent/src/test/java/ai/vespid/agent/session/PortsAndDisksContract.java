package ai.vespid.agent.session;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.agent.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The contract of sessions where it reaches beyond them: their ports, and the disk they fill. */
public interface PortsAndDisksContract extends SessionContract {
  /** The same, of another process of the agent: what the first one holds is not its own. */
  SessionProvider restarted() throws IOException;

  /** Skips what is about services where this machine lacks what they need. */
  default void servicesRequired() {}

  @Test
  default void aServiceIsReachedAtAPortOfThisMachineAlone() throws Exception {
    servicesRequired();
    var sessions = sessions();
    sessions.create(SessionContract.wish("one", Map.of("web", 8080), null), SessionContract.time());
    var port = sessions.start("one", SessionContract.time()).ports().get("web");

    serve(sessions);

    assertThat(port).isNotNull();
    Eventually.is("it answers", () -> Reach.answers(port));
    assertThat(Reach.fromElsewhere(port)).isFalse();
    var services = new Services(sessions);
    services.discover();
    assertThat(services.ask("one.web").orElseThrow().health()).isEqualTo(Services.Health.HEALTHY);
    sessions.stop("one", SessionContract.time());
    assertThat(Reach.answers(port)).isFalse();
    assertThat(sessions.get("one").orElseThrow().ports()).isEmpty();
  }

  // Where its variable says.
  private static void serve(Sessions sessions) throws Exception {
    var script =
        "mkdir -p public && echo fine >public/health"
            + " && httpd -p $VESPID_SERVICE_WEB_PORT -h /workspace/public";
    assertThat(SessionContract.exec(sessions, "one", "sh", "-c", script).exitCode()).isZero();
  }

  @Test
  default void aServiceIsReachedWhenItsAgentRunsAgain() throws Exception {
    servicesRequired();
    var before = sessions();
    before.create(SessionContract.wish("one", Map.of("web", 8080), null), SessionContract.time());
    before.start("one", SessionContract.time());
    serve(before);

    var next = sessions(restarted(), "state");
    next.compare();

    int port = next.get("one").orElseThrow().ports().get("web");
    Eventually.is("it answers", () -> Reach.answers(port));
    next.destroy("one", SessionContract.time());
    Eventually.is("it does not any more", () -> !Reach.answers(port));
  }

  @Test
  default void whatItWritesEndsAtItsDiskAndIsInTheFolderWhenItIsDestroyed() throws Exception {
    WorkspaceDisksTest.required();
    var sessions = sessions();
    var workspace = directory().resolve("files/w-one");
    sessions.create(SessionContract.wish("one", Map.of(), 32L << 20), SessionContract.time());
    sessions.start("one", SessionContract.time());

    var tooMuch = "echo kept >kept; dd if=/dev/zero of=big bs=1M count=64";
    var output = SessionContract.exec(sessions, "one", "sh", "-c", tooMuch);

    assertThat(output.exitCode()).isNotZero();
    assertThat(output.stderr()).contains("No space left on device");
    assertThat(Files.size(workspace.resolve("big"))).isBetween(16L << 20, 32L << 20);
    var fits = "rm big && dd if=/dev/zero of=fits bs=1M count=10 && rm fits";
    assertThat(SessionContract.exec(sessions, "one", "sh", "-c", fits).exitCode()).isZero();
    sessions.stop("one", SessionContract.time());
    // As a machine that begins anew has it.
    WorkspaceDisksTest.unmount(workspace);
    sessions.start("one", SessionContract.time());
    assertThat(SessionContract.exec(sessions, "one", "cat", "kept").stdout()).isEqualTo("kept\n");
    sessions.destroy("one", SessionContract.time());
    assertThat(workspace.resolve("kept")).hasContent("kept\n");
    assertThat(WorkspaceDisksTest.mounted(workspace)).isFalse();
    assertThat(directory().resolve("disks")).isEmptyDirectory();
  }
}
