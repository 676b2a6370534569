package ai.vespid.agent.sandbox.docker;

import ai.vespid.agent.session.SessionProvider;
import ai.vespid.agent.session.SessionRecord;
import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.model.ExposedPort;
import com.github.dockerjava.api.model.HealthCheck;
import com.github.dockerjava.api.model.PortBinding;
import com.github.dockerjava.api.model.Ports;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** The container of one session: what the engine is told, and what runs in it first. */
record SessionContainer(DockerOptions options, BooleanSupplier hasInit) {
  // It waits, and ends when it is asked to.
  private static final String WAIT =
      "trap 'exit 0' TERM INT; while :; do sleep 3600 & wait $!; done";
  private static final long MIB = 1024L * 1024;

  String create(
      DockerClient client,
      String name,
      String image,
      SessionRecord session,
      Map<String, String> labels) {
    var quota = session.quota();
    var confinement = new Confinement(options.with(quota.memoryBytes(), quota.nanoCpus()));
    var host =
        confinement.of(
            Path.of(session.workspace()),
            SessionProvider.WORKSPACE,
            session.network(),
            hasInit.getAsBoolean(),
            client.inspectImageCmd(image).exec());
    // Besides its workspace it can write to the image's files only where they are not read-only.
    if (quota.diskBytes() > 0 && !options.files().readOnly()) {
      host.withStorageOpt(Map.of("size", Math.ceilDiv(quota.diskBytes(), MIB) + "m"));
    }
    var exposed = new ArrayList<ExposedPort>();
    var bindings = new ArrayList<PortBinding>();
    for (var port : session.services().values()) {
      exposed.add(ExposedPort.tcp(port));
      // Of this machine alone, and whichever is free.
      bindings.add(new PortBinding(Ports.Binding.bindIp("127.0.0.1"), ExposedPort.tcp(port)));
    }
    host.withPortBindings(bindings);
    return client
        .createContainerCmd(image)
        .withName(name)
        .withLabels(labels)
        .withEntrypoint("sh", "-c", WAIT)
        .withEnv(variables(session))
        .withWorkingDir(SessionProvider.WORKSPACE)
        .withUser(options.privileges().user().toString())
        .withHealthcheck(new HealthCheck().withTest(List.of("NONE")))
        .withExposedPorts(exposed)
        .withHostConfig(host)
        .exec()
        .getId();
  }

  private static List<String> variables(SessionRecord session) {
    var variables = new ArrayList<String>();
    session.variables().forEach((name, value) -> variables.add(name + '=' + value));
    return variables;
  }
}
