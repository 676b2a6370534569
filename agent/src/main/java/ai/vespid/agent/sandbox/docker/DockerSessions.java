package ai.vespid.agent.sandbox.docker;

import ai.vespid.agent.sandbox.Ownership;
import ai.vespid.agent.sandbox.Probe;
import ai.vespid.agent.sandbox.SandboxFailed;
import ai.vespid.agent.sandbox.ShellOutput;
import ai.vespid.agent.session.Quota;
import ai.vespid.agent.session.SessionFailed;
import ai.vespid.agent.session.SessionProvider;
import ai.vespid.agent.session.SessionRecord;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.ConflictException;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.exception.NotModifiedException;
import com.github.dockerjava.api.model.Container;
import com.github.dockerjava.api.model.ContainerPort;
import com.github.dockerjava.api.model.ExposedPort;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Sessions in containers of their own, with the limits that the options state. Labels tell which
 * agent and which session a container belongs to; none of them is one of those that mark a task's
 * container, which ends with its agent.
 */
public final class DockerSessions implements SessionProvider {
  private static final String AGENT = "ai.vespid.session.agent";
  private static final String RECORD = "ai.vespid.session.record";
  private static final String NO_NETWORK = "SANDBOX_NETWORK_UNSUPPORTED: ";
  private static final String NAME = "vespid-session-";

  private final DockerOptions options;
  private final Engine engine;
  private final Supplier<Probe> probe;
  private final SessionContainer containers;
  private final String agent;

  DockerSessions(
      DockerOptions options,
      Engine engine,
      Supplier<Probe> probe,
      BooleanSupplier hasInit,
      String agent) {
    this.options = options;
    this.engine = engine;
    this.probe = probe;
    this.containers = new SessionContainer(options, hasInit);
    this.agent = agent;
  }

  @Override
  public String name() {
    return "docker";
  }

  @Override
  public Probe probe() {
    return probe.get();
  }

  @Override
  public Quota usual() {
    return new Quota(options.limits().memoryBytes(), options.limits().nanoCpus(), 0);
  }

  @Override
  public boolean network(Boolean wish, Map<String, Integer> services) throws SessionFailed {
    boolean needed = services != null && !services.isEmpty();
    boolean wanted = wish == null ? needed || options.network().byDefault() : wish;
    if (needed && !wanted) throw new SessionFailed(NO_NETWORK + "services need a network");
    if (wanted && options.network().disabled()) {
      throw new SessionFailed(NO_NETWORK + "this agent's sessions have none");
    }
    return wanted;
  }

  /** Something the engine is asked for. */
  @FunctionalInterface
  private interface Ask<T> {
    T of(DockerClient client) throws SessionFailed, IOException, InterruptedException;
  }

  // Messages of the library may hold the environment; the engine's own first line does not.
  private <T> T ask(Ask<T> ask) throws SessionFailed, IOException, InterruptedException {
    try {
      return ask.of(engine.client());
    } catch (NotFoundException e) {
      throw new SessionFailed("its container is gone");
    } catch (DockerException e) {
      var reason = reason(e);
      boolean disk = reason.matches(".*(storage-opt|quota).*");
      throw new SessionFailed(
          (disk ? "DISK_LIMIT_UNSUPPORTED: " : "")
              + ("the engine answers " + e.getHttpStatus() + ": " + reason));
    } catch (RuntimeException e) {
      throw new SessionFailed("the engine does not answer");
    }
  }

  private static String reason(DockerException e) {
    var line = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    return line.replaceFirst("^Status \\d+: ", "").replaceAll("[{}\"]|message:", "");
  }

  private String image(SessionRecord session) throws SessionFailed {
    var image = session.image();
    if (image == null || image.equals(options.images().usual())) return options.images().usual();
    boolean allowed =
        ImageName.valid(image) && ImageName.allowed(image, options.images().allowed());
    if (!allowed) throw new SessionFailed("SANDBOX_IMAGE_NOT_ALLOWED");
    return image;
  }

  @Override
  public void create(SessionRecord session, Time time)
      throws SessionFailed, IOException, InterruptedException {
    var image = image(session);
    var user = options.privileges().user();
    ask(client -> {
      try {
        if (!new Run(client, time.cancellation(), time.timeoutMs()).ready(image)) {
          throw SessionFailed.timedOut("fetching the image");
        }
      } catch (SandboxFailed e) {
        throw new SessionFailed(e.error());
      }
      Ownership.give(Path.of(session.workspace()), user.uid(), user.gid());
      return containers.create(client, NAME + session.handle(), image, session, labels(session));
    });
  }

  private Map<String, String> labels(SessionRecord session) {
    var labels = new HashMap<>(session.labels());
    labels.put(AGENT, agent);
    labels.put(
        RECORD, new String(Json.write(session.withoutEnvironment()), StandardCharsets.UTF_8));
    return labels;
  }

  @Override
  public void start(SessionRecord session, Time time)
      throws SessionFailed, IOException, InterruptedException {
    ask(client -> {
      try {
        client.startContainerCmd(NAME + session.handle()).exec();
      } catch (NotModifiedException e) {
        return null; // It runs.
      }
      published(client, session);
      return null;
    });
  }

  // An engine without a network of its own takes ports without a word and publishes none.
  private static void published(DockerClient client, SessionRecord session) throws SessionFailed {
    if (session.services().isEmpty()) return;
    var name = NAME + session.handle();
    var shown = client.inspectContainerCmd(name).exec().getNetworkSettings().getPorts();
    for (var service : session.services().entrySet()) {
      var bound = shown.getBindings().get(ExposedPort.tcp(service.getValue()));
      if (bound != null && bound.length > 0) continue;
      client.killContainerCmd(name).exec();
      throw new SessionFailed(
          NO_NETWORK + "the engine gives no port of this machine to " + service.getKey());
    }
  }

  @Override
  public void stop(SessionRecord session, Duration grace)
      throws SessionFailed, IOException, InterruptedException {
    ask(client -> {
      try {
        client
            .stopContainerCmd(NAME + session.handle())
            .withTimeout((int) grace.toSeconds())
            .exec();
      } catch (NotModifiedException e) {
        return null; // It does not run.
      }
      return null;
    });
  }

  @Override
  public void destroy(String handle) throws SessionFailed, IOException, InterruptedException {
    ask(client -> {
      try {
        client.removeContainerCmd(NAME + handle).withForce(true).withRemoveVolumes(true).exec();
      } catch (NotFoundException | ConflictException e) {
        return null; // Gone, or going just now.
      }
      return null;
    });
  }

  @Override
  public ShellOutput exec(SessionRecord session, Call call)
      throws SessionFailed, IOException, InterruptedException {
    var program = new ContainerProgram(options, NAME + session.handle());
    return ask(client -> program.run(client, name(), call));
  }

  @Override
  public Map<String, Found> list() throws SessionFailed, IOException, InterruptedException {
    return ask(client -> {
      var found = new HashMap<String, Found>();
      var ours =
          client.listContainersCmd().withShowAll(true).withLabelFilter(Map.of(AGENT, agent)).exec();
      for (var container : ours) {
        var handle = handle(container);
        if (handle == null) continue;
        var record = record(container);
        boolean running = "running".equals(container.getState());
        found.put(handle, new Found(record, running, ports(container, record)));
      }
      return found;
    });
  }

  private static String handle(Container container) {
    for (var name : container.getNames()) {
      var bare = name.replaceFirst("^/", "");
      if (bare.startsWith(NAME)) return bare.substring(NAME.length());
    }
    return null;
  }

  private static SessionRecord record(Container container) {
    var label = container.getLabels().get(RECORD);
    try {
      return label == null
          ? null
          : Json.read(label.getBytes(StandardCharsets.UTF_8), SessionRecord.class);
    } catch (InvalidMessage e) {
      return null; // Of another generation.
    }
  }

  private static Map<String, Integer> ports(Container container, SessionRecord record) {
    var ports = new HashMap<String, Integer>();
    if (record == null || container.getPorts() == null) return ports;
    record
        .services()
        .forEach((service, inside) -> {
          for (ContainerPort port : container.getPorts()) {
            if (inside.equals(port.getPrivatePort()) && port.getPublicPort() != null) {
              ports.put(service, port.getPublicPort());
            }
          }
        });
    return ports;
  }
}
