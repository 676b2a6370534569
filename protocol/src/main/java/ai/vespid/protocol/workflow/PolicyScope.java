package ai.vespid.protocol.workflow;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.NetworkMode;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.workflow.NodeConfig.AgentExecute;
import ai.vespid.protocol.workflow.NodeConfig.ConnectorAction;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Which nodes a rule of an organization is about (contract 5.6): all that is said must be true of
 * the node, and nothing said means every node.
 *
 * @param networkMode of scripts; one that names none has none
 */
public record PolicyScope(
    String nodeType,
    List<String> nodeTypes,
    String taskType,
    NetworkMode networkMode,
    List<String> actionIdPrefixes) {
  /** Every node. */
  public static final PolicyScope ALL = new PolicyScope(null, null, null, null, null);

  private static final int ITEMS_MAX = 50;

  // A condition that is not known may be the one that matters.
  private static final ObjectMapper STRICT =
      Json.copyOfMapper().enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

  public PolicyScope {
    if (nodeTypes != null) nodeTypes = Check.texts("nodeTypes", nodeTypes, ITEMS_MAX, 80);
    if (actionIdPrefixes != null) {
      actionIdPrefixes = Check.texts("actionIdPrefixes", actionIdPrefixes, ITEMS_MAX, 120);
    }
  }

  /**
   * Reads one.
   *
   * @throws InvalidMessage also for a field that is not known
   */
  public static PolicyScope read(RawJson json) {
    try {
      var scope = STRICT.readValue(json.bytes(), PolicyScope.class);
      if (scope == null) throw new InvalidMessage("scope", "must be an object");
      return scope;
    } catch (UnrecognizedPropertyException e) {
      throw new InvalidMessage("scope", "may have no field " + e.getPropertyName());
    } catch (JsonMappingException e) {
      throw e.getCause() instanceof InvalidMessage known ? known.in("scope") : wrong();
    } catch (IOException e) {
      throw wrong();
    }
  }

  private static InvalidMessage wrong() {
    return new InvalidMessage("scope", "is not acceptable");
  }

  public boolean matches(Node node) {
    var script = node.config() instanceof AgentExecute execute ? execute : null;
    var action = node.config() instanceof ConnectorAction known ? known.actionId() : null;
    return (nodeType == null || nodeType.equals(node.type()))
        && (nodeTypes == null || nodeTypes.contains(node.type()))
        && (taskType == null
            || script != null && script.task() != null && taskType.equals(script.task().type()))
        && (networkMode == null || script != null && networkMode == networkOf(script))
        && (actionIdPrefixes == null
            || action != null && actionIdPrefixes.stream().anyMatch(action::startsWith));
  }

  /** Whether a script may reach a network, as far as it says so. */
  public static NetworkMode networkOf(AgentExecute script) {
    var said = script.sandbox() == null ? null : script.sandbox().network();
    return Optional.ofNullable(said).orElse(NetworkMode.NONE);
  }
}
