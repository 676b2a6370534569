package ai.vespid.agent.sandbox.docker;

import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.Capability;
import com.github.dockerjava.api.model.Ulimit;
import java.util.List;
import java.util.Map;

/**
 * How containers are confined (seeds 001 and 004). {@link DockerSettings} makes it; the defaults
 * are the strict profile.
 *
 * @param host address of the engine
 * @param timeoutMsMax the longest a task may run; 0 for what it says itself
 */
public record DockerOptions(
    String host,
    Images images,
    Limits limits,
    Files files,
    Privileges privileges,
    Network network,
    long timeoutMsMax,
    int outputCharsMax) {

  /**
   * @param usual of a task that names none
   * @param allowed patterns of what a task may name, in which {@code *} stands for anything
   */
  public record Images(String usual, List<String> allowed) {}

  /**
   * @param memoryBytes swap included
   * @param nanoCpus billionths of a processor
   */
  public record Limits(long memoryBytes, long nanoCpus, long pids, List<Ulimit> ulimits) {}

  /**
   * @param tmpfs path to options
   * @param storage options of the engine's storage driver
   */
  public record Files(
      boolean readOnly,
      Map<String, String> tmpfs,
      List<Bind> mounts,
      Map<String, String> storage) {}

  /**
   * @param seccomp a profile as JSON text, or {@code unconfined}
   * @param appArmor name of a profile, or null for the engine's own
   * @param labels options of another security module
   */
  public record Privileges(
      User user,
      List<Capability> dropped,
      boolean noNewPrivileges,
      String seccomp,
      String appArmor,
      boolean appArmorRequired,
      List<String> labels) {}

  /** The same for something that may have so much. */
  public DockerOptions with(long memoryBytes, long nanoCpus) {
    var other = new Limits(memoryBytes, nanoCpus, limits.pids(), limits.ulimits());
    return new DockerOptions(
        host, images, other, files, privileges, network, timeoutMsMax, outputCharsMax);
  }

  /** Whom the tasks run as. */
  public record User(int uid, int gid) {
    @Override
    public String toString() {
      return uid + ":" + gid;
    }
  }

  /**
   * @param name the engine's network of a task that has one
   * @param byDefault whether a task has one that does not say
   * @param disabled no task has one
   */
  public record Network(String name, boolean byDefault, boolean disabled) {}
}
