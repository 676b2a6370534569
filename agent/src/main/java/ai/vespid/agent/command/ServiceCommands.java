package ai.vespid.agent.command;

import ai.vespid.agent.session.Services;
import ai.vespid.agent.session.SessionFailed;
import java.util.Map;

/** {@code service.*}: list and status (seed 002). */
record ServiceCommands(Services services) {
  Map<String, Handler> handlers() {
    return Map.of("service.list", _ -> list(), "service.status", this::status);
  }

  private Outcome list() throws InterruptedException {
    services.discover();
    return Outcome.success(services.list());
  }

  private Outcome status(Request request) throws SessionFailed, InterruptedException {
    var name = request.text("service");
    services.discover();
    return Outcome.success(
        services.ask(name).orElseThrow(() -> new SessionFailed("service " + name + " not found")));
  }
}
