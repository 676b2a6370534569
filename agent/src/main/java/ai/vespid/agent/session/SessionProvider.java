package ai.vespid.agent.session;

import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.agent.sandbox.Probe;
import ai.vespid.agent.sandbox.ShellOutput;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * One way to make sessions: Docker, LXC, QEMU. All of them behave alike. Calls block, and may come
 * from many threads; for one session they come one after the other, except {@link #exec}.
 */
public interface SessionProvider {
  /** Where a session sees its workspace. */
  String WORKSPACE = "/workspace";

  String name();

  /** Whether sessions can be made now. */
  Probe probe();

  /** What a session gets that does not say. */
  Quota usual();

  /**
   * Whether a session has a network.
   *
   * @param wish null when it does not say; services need one
   * @throws SessionFailed when that cannot be had
   */
  boolean network(Boolean wish, Map<String, Integer> services) throws SessionFailed;

  /** How long something may take, and whether anybody still wants it. */
  record Time(long timeoutMs, Cancellation cancellation) {}

  /**
   * A program in a session.
   *
   * @param env what the session itself has comes with it
   */
  record Call(
      List<String> command,
      Map<String, String> env,
      long timeoutMs,
      int outputCharsMax,
      Cancellation cancellation) {
    public Call {
      command = List.copyOf(command);
      env = Map.copyOf(env);
    }

    @Override
    public String toString() {
      return "Call[" + command.size() + " words]";
    }
  }

  /**
   * What exists.
   *
   * @param record as it is told by what exists, without environment; null when it does not tell
   * @param ports of this machine by service
   */
  record Found(SessionRecord record, boolean running, Map<String, Integer> ports) {
    public Found {
      ports = Map.copyOf(ports);
    }
  }

  /** Makes it, but starts nothing. What it leaves when it fails, {@link #destroy} removes. */
  void create(SessionRecord session, Time time)
      throws SessionFailed, IOException, InterruptedException;

  /** Starts what is not running; returns when programs can be run in it. */
  void start(SessionRecord session, Time time)
      throws SessionFailed, IOException, InterruptedException;

  /** Asks it to end and makes it after the grace. What does not run stays as it is. */
  void stop(SessionRecord session, Duration grace)
      throws SessionFailed, IOException, InterruptedException;

  /** Removes it with everything in it, however much of it there is. The workspace stays. */
  void destroy(String handle) throws SessionFailed, IOException, InterruptedException;

  /**
   * Runs a program in {@link #WORKSPACE} to its end; when its time is up or it is cancelled, that
   * program and everything it started is killed, and the session goes on.
   */
  ShellOutput exec(SessionRecord session, Call call)
      throws SessionFailed, IOException, InterruptedException;

  /** All sessions of this agent that exist, by handle. */
  Map<String, Found> list() throws SessionFailed, IOException, InterruptedException;
}
