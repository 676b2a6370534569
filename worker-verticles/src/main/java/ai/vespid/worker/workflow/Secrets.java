package ai.vespid.worker.workflow;

import ai.vespid.kit.crypto.Envelope;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.workflow.AgentRun;
import ai.vespid.protocol.workflow.Node;
import ai.vespid.protocol.workflow.NodeConfig.ConnectorAction;
import ai.vespid.sql.SecretRepository;
import ai.vespid.sql.SecretRepository.Stored;
import io.vertx.core.Future;

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

  /** The node's secret; null when it names none. Fails with {@link Unusable}. */
  Future<String> of(String organizationId, Node node) {
    var id = node.config().secretId();
    if (id.isEmpty()) return Future.succeededFuture();
    return secrets
        .sealed(organizationId, id.get())
        .map(found -> {
          var stored = found.orElseThrow(() -> new Unusable(ErrorCode.SECRET_NOT_FOUND.name()));
          return open(stored, node);
        });
  }

  private static boolean belongs(Stored stored, String engineId) {
    return stored.connectorId().equals(engineId)
        || stored.connectorId().equals(engineId + ".oauth");
  }

  private String open(Stored stored, Node node) {
    // A secret that was stored for one service is told to no other.
    boolean other =
        switch (node.config()) {
          case ConnectorAction action -> !action.connectorId().equals(stored.connectorId());
          case AgentRun agent -> !agent.remote() && !belongs(stored, agent.engine().id());
          default -> false;
        };
    if (other) throw new Unusable(ErrorCode.SECRET_NOT_FOUND.name());
    var sealed = stored.sealed();
    return envelope.open(
        new Envelope.Sealed(
            sealed.kekId(), sealed.wrappedDek().getBytes(), sealed.ciphertext().getBytes()));
  }
}
