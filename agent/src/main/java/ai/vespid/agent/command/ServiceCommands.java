package ai.vespid.agent.command;

import ai.vespid.agent.session.Services;
import ai.vespid.agent.session.SessionFailed;
import ai.vespid.agent.session.SessionProvider.Time;
import java.io.IOException;
import java.util.Map;

/** {@code service.*}: list, status, start, stop (seed 002). */
record ServiceCommands(Services services) {
  Map<String, Handler> handlers() {
    return Map.of(
        "service.list", _ -> list(),
        "service.status", this::status,
        "service.start", request -> moved(request, services::start),
        "service.stop", request -> moved(request, services::stop));
  }

  /** Something that is done to a service. */
  @FunctionalInterface
  private interface Move {
    Services.Service of(String service, Time time)
        throws SessionFailed, IOException, InterruptedException;
  }

  private static Outcome moved(Request request, Move move)
      throws SessionFailed, IOException, InterruptedException {
    return Outcome.success(move.of(request.text("service"), request.time()));
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
