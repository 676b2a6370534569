package ai.vespid.gateway.ingress;

import ai.vespid.kit.bus.Bus;
import ai.vespid.kit.http.Answers;
import ai.vespid.kit.node.Node;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.bus.Nodes;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.Map;

/** Who is in the cluster, and who shall leave it: for operators. */
record NodeRoutes(Node node, Bus bus) {
  private static final Duration ASK_MAX = Duration.ofSeconds(5);

  void list(RoutingContext ctx) {
    var members =
        node.membership().view().members().stream()
            .map(member ->
                Map.of("name", member.name(), "id", member.id(), "state", member.state().name()))
            .toList();
    Answers.json(ctx.response(), 200, Map.of("nodes", members));
  }

  void drain(RoutingContext ctx) {
    var name = ctx.pathParam("name");
    var members = node.membership().view().members();
    var member = members.stream().filter(one -> one.name().equals(name)).findFirst();
    if (member.isEmpty()) {
      IngressVerticle.error(ctx, ErrorCode.NOT_FOUND, "no node of this name is in the cluster");
      return;
    }
    bus.ask(Nodes.at(member.get().id()), new Nodes.Drain(), ASK_MAX)
        .onSuccess(_ -> Answers.json(ctx.response(), 202, Map.of("draining", name)))
        .onFailure(cause -> IngressVerticle.failed(ctx, cause, ErrorCode.SERVICE_UNAVAILABLE));
  }
}
