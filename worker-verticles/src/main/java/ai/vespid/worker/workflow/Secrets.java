package ai.vespid.worker.workflow;

import ai.vespid.kit.crypto.Envelope;
import ai.vespid.protocol.Check;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.workflow.AgentRun;
import ai.vespid.protocol.workflow.Node;
import ai.vespid.protocol.workflow.NodeConfig.ConnectorAction;
import ai.vespid.sql.SecretRepository;
import ai.vespid.sql.SecretRepository.Stored;
import io.vertx.core.Future;
import java.util.Optional;

/** Opens the secret of a node for one request; nothing keeps it. */
final class Secrets {
  private final SecretRepository secrets;
  private final Envelope envelope;

  Secrets(SecretRepository secrets, Envelope envelope) {
    this.secrets = secrets;
    this.envelope = envelope;
  }

  /** Why a secret cannot be used; the message is a code. */
  static final class Unusable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Unusable(String code) {
      super(code, null, false, false);
    }
  }

  /**
   * What goes along with a node to whoever carries it out.
   *
   * @param value null when it needs none
   * @param baseUrl where an engine finds its provider; null for the usual place
   */
  record Opened(String value, String baseUrl) {
    @Override
    public String toString() {
      return "Opened[baseUrl=" + baseUrl + "]";
    }
  }

  /** The node's secret; null when it names none. Fails with {@link Unusable}. */
  Future<String> of(String organizationId, Node node) {
    return opened(organizationId, node, node.config().secretId());
  }

  /**
   * The same; an engine without a secret of its own takes its organization's (contract 5.5), and
   * with a secret of the organization goes where that says (contract 3.2).
   */
  Future<Opened> forDispatch(String organizationId, Node node) {
    if (!(node.config() instanceof AgentRun agent)) {
      return of(organizationId, node).map(secret -> new Opened(secret, null));
    }
    return secrets
        .engineDefaults(organizationId, agent.engine().id())
        .compose(defaults ->
            opened(
                    organizationId,
                    node,
                    agent.secretId().or(() -> Optional.ofNullable(defaults.secretId())))
                .map(secret -> new Opened(secret, secret == null ? null : defaults.baseUrl())));
  }

  private Future<String> opened(String organizationId, Node node, Optional<String> id) {
    if (id.isEmpty()) return Future.succeededFuture();
    // Settings may name anything.
    if (!Check.isUuid(id.get())) {
      return Future.failedFuture(new Unusable(ErrorCode.SECRET_NOT_FOUND.name()));
    }
    return secrets
        .sealed(organizationId, id.get())
        .map(found -> {
          var stored = found.orElseThrow(() -> new Unusable(ErrorCode.SECRET_NOT_FOUND.name()));
          return open(stored, node);
        });
  }

  private String open(Stored stored, Node node) {
    if (!meant(stored.connectorId(), node)) throw new Unusable(ErrorCode.SECRET_NOT_FOUND.name());
    var sealed = stored.sealed();
    return envelope.open(
        new Envelope.Sealed(
            sealed.kekId(), sealed.wrappedDek().getBytes(), sealed.ciphertext().getBytes()));
  }

  // A secret that was stored for one service is told to no other.
  private static boolean meant(String connectorId, Node node) {
    return switch (node.config()) {
      case ConnectorAction action -> action.connectorId().equals(connectorId);
      case AgentRun agent when !agent.remote() -> agent.engine().takes(connectorId);
      case AgentRun _ -> connectorId.startsWith("agent.") || connectorId.startsWith("llm.");
      default -> true;
    };
  }
}
