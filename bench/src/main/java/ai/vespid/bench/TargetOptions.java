package ai.vespid.bench;

import ai.vespid.protocol.Kind;
import ai.vespid.protocol.Pool;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** The system under test, and how the generator gets into it. */
final class TargetOptions {
  private static final long CONNECT_SECONDS = 180;

  /** Spelled on the command line as the protocol spells them. */
  enum PoolName {
    byon,
    managed
  }

  /** The kinds of work that fake agents take. */
  enum KindName {
    connector,
    execute
  }

  @Option(names = "--api", defaultValue = "http://localhost:3001", description = "control API")
  private String api;

  @Option(names = "--gateway", defaultValue = "http://localhost:3002", description = "gateway")
  private String gateway;

  @Option(names = "--agents-gateway", description = "where agents connect, when elsewhere")
  private String agentsGateway;

  @Option(names = "--gateway-token", description = "GATEWAY_SERVICE_TOKEN", required = true)
  private String gatewayToken;

  @Option(names = "--service-token", description = "to issue managed executors")
  private String serviceToken;

  @Option(names = "--email", description = "who pairs agents; signed up if unknown")
  private String email;

  @Option(names = "--password")
  private String password;

  @Option(names = "--credentials", description = "read agents from here first, keep new ones here")
  private Path credentials;

  @Option(names = "--pool", defaultValue = "byon", description = "${COMPLETION-CANDIDATES}")
  private PoolName pool;

  @Option(names = "--kind", defaultValue = "connector", description = "${COMPLETION-CANDIDATES}")
  private KindName kind;

  @Option(names = "--plain-v2", description = "agents of the original: no bootId, features or acks")
  private boolean plain;

  /** Credentials for exactly this many agents of one organization. */
  List<Credential> credentials(int agents) {
    var wanted = pool == PoolName.byon ? Pool.BYON : Pool.MANAGED;
    var file = credentials == null ? null : new CredentialFile(credentials);
    var known = new ArrayList<>(file == null ? List.<Credential>of() : file.read(wanted));
    if (!known.isEmpty()) {
      var organization = known.getLast().organizationId();
      known.removeIf(credential -> !credential.organizationId().equals(organization));
    }
    if (known.size() < agents) known.addAll(make(wanted, agents - known.size(), file));
    return List.copyOf(known.subList(known.size() - agents, known.size()));
  }

  private List<Credential> make(Pool wanted, int count, CredentialFile file) {
    var account = new Provisioner.Account(email, password, serviceToken);
    try (var control = new ControlApi(api)) {
      var made = new Provisioner(control, account).provision(wanted, count);
      if (file != null) file.add(made);
      return made;
    }
  }

  /** Agents that are connected and welcomed. */
  Fleet connect(Generator generator, List<Credential> agents) {
    var fleet = new Fleet(generator, agents, plain ? Manner.PLAIN : Manner.USUAL);
    var at = agentsGateway == null ? gateway : agentsGateway;
    generator.await(CONNECT_SECONDS, () -> fleet.connect(Door.path(at)));
    return fleet;
  }

  DispatchWork.Target dispatchesOf(Credential agent) {
    return new DispatchWork.Target(
        Endpoint.of(gateway),
        gatewayToken,
        kind == KindName.connector ? Kind.CONNECTOR_ACTION : Kind.AGENT_EXECUTE,
        agent.pool(),
        agent.organizationId(),
        agent.userId());
  }
}
