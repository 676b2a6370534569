package ai.vespid.gateway.control;

import ai.vespid.kit.bus.Bus;
import ai.vespid.kit.crypto.Envelope;
import ai.vespid.kit.node.Node;
import ai.vespid.sql.AlertRepository;
import ai.vespid.sql.ApprovalRepository;
import ai.vespid.sql.Database;
import ai.vespid.sql.OrganizationRepository;
import ai.vespid.sql.PolicyRuleRepository;
import ai.vespid.sql.RunCancelRepository;
import ai.vespid.sql.RunQuota;
import ai.vespid.sql.RunStartRepository;
import ai.vespid.sql.RunViewRepository;
import ai.vespid.sql.SecretRepository;
import ai.vespid.sql.TriggerRepository;
import ai.vespid.sql.WorkflowRepository;
import java.util.HashMap;
import java.util.Map;

/** Everything about workflows, put together. */
final class WorkflowApi {
  private WorkflowApi() {}

  static Map<String, Endpoint> endpoints(
      Node node, Bus bus, OrganizationRepository organizations, ControlSettings settings) {
    var database = node.service(Database.class);
    var workflows = new WorkflowRepository(database);
    var quota = RunQuota.ofTier(settings.runQuotaTier());
    var starter = new RunStarter(new RunStartRepository(database, quota), bus);
    var all = new HashMap<String, Endpoint>();
    all.putAll(new WorkflowEndpoints(workflows).endpoints());
    all.putAll(
        new RunEndpoints(
                starter,
                workflows,
                new RunViewRepository(database),
                new RunCancelRepository(database))
            .endpoints());
    all.putAll(
        new SecretEndpoints(new SecretRepository(database), node.optional(Envelope.class))
            .endpoints());
    all.putAll(
        new TriggerEndpoints(new TriggerRepository(database), organizations, starter, settings)
            .endpoints());
    all.putAll(new ApprovalEndpoints(new ApprovalRepository(database), starter).endpoints());
    all.putAll(new PolicyEndpoints(new PolicyRuleRepository(database)).endpoints());
    all.putAll(new AlertEndpoints(new AlertRepository(database)).endpoints());
    return all;
  }
}
