package ai.vespid.protocol.executor;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.RequestId;
import ai.vespid.protocol.ResultStatus;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.util.List;
import java.util.Set;

/**
 * Protocol v1 (contract 1.8), spoken on a socket whose first frame is {@code hello}. The agent
 * repeats a result until it is acknowledged with {@code execute_ack}.
 */
@JsonPropertyOrder({"type"})
public sealed interface LegacyFrame {
  /** The wire name of the frame. */
  @JsonProperty("type")
  String type();

  /** Agent: who it is and what it can do. */
  record Hello(String agentVersion, String name, Capabilities capabilities) implements LegacyFrame {
    public Hello {
      Check.text("agentVersion", agentVersion, 1, 120);
      Check.text("name", name, 1, 120);
    }

    @Override
    public String type() {
      return "hello";
    }
  }

  /** What a v1 agent reports; tags are hints and never used for routing. */
  record Capabilities(
      Set<Kind> kinds,
      List<String> connectors,
      List<String> tags,
      List<String> labels,
      Integer maxInFlight) {
    public Capabilities {
      kinds = kinds == null ? null : Set.copyOf(kinds);
      if (connectors != null) connectors = Check.texts("connectors", connectors, 200, 80);
      tags = Check.texts("tags", tags, 50, 64);
      labels = Check.texts("labels", labels, 50, 64);
      Check.optionalRange("maxInFlight", maxInFlight, 1, 200);
    }
  }

  /** Agent: I am alive. */
  record Ping(Double ts) implements LegacyFrame {
    @Override
    public String type() {
      return "ping";
    }
  }

  /** Gateway: so am I. */
  record Pong(Double ts) implements LegacyFrame {
    @Override
    public String type() {
      return "pong";
    }
  }

  /** Gateway: run this. */
  record Execute(
      String requestId,
      String organizationId,
      String userId,
      Kind kind,
      RawJson payload,
      String secret)
      implements LegacyFrame {
    @Override
    public String type() {
      return "execute";
    }

    @Override
    public String toString() {
      return "Execute[requestId=" + requestId + ", kind=" + kind + "]";
    }
  }

  /** Agent: the execute arrived. */
  record ExecuteReceived(String requestId) implements LegacyFrame {
    public ExecuteReceived {
      Check.text("requestId", requestId, 1, RequestId.LENGTH_MAX);
    }

    @Override
    public String type() {
      return "execute_received";
    }
  }

  /** Agent: progress. */
  record ExecuteEvent(String requestId, RawJson event) implements LegacyFrame {
    public ExecuteEvent {
      Check.text("requestId", requestId, 1, RequestId.LENGTH_MAX);
      Check.required("event", event);
    }

    @Override
    public String type() {
      return "execute_event";
    }
  }

  /** Agent: the final answer. */
  record ExecuteResult(String requestId, ResultStatus status, RawJson output, String error)
      implements LegacyFrame {
    public ExecuteResult {
      Check.text("requestId", requestId, 1, RequestId.LENGTH_MAX);
      Check.required("status", status);
      Check.optionalText("error", error, 1, 100_000);
    }

    @Override
    public String type() {
      return "execute_result";
    }
  }

  /** Gateway: the result is stored, forget it. */
  record ExecuteAck(String requestId) implements LegacyFrame {
    @Override
    public String type() {
      return "execute_ack";
    }
  }
}
