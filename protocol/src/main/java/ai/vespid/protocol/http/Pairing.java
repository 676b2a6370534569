package ai.vespid.protocol.http;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.RawJson;

/** Redeeming a pairing token: {@code POST /v1/agents/pair} and {@code /v1/executors/pair}. */
public final class Pairing {
  private Pairing() {}

  /** What an agent sends. */
  public record Body(String pairingToken, String name, String agentVersion, RawJson capabilities) {
    public Body {
      Check.text("pairingToken", pairingToken, 1, 200);
      Check.text("name", name, 1, 120);
      Check.text("agentVersion", agentVersion, 1, 60);
    }

    @Override
    public String toString() {
      return "Pairing.Body[name=" + name + "]";
    }
  }

  /** The credentials, shown once, under the names of both generations. */
  public record Paired(
      String executorId,
      String agentId,
      String executorToken,
      String agentToken,
      String organizationId,
      String gatewayWsUrl) {
    @Override
    public String toString() {
      return "Pairing.Paired[executorId=" + executorId + "]";
    }
  }
}
