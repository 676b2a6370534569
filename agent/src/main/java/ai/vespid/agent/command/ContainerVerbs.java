package ai.vespid.agent.command;

import ai.vespid.agent.session.SessionFailed;
import ai.vespid.agent.session.Sessions;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The verbs of seed 003 about containers, which are sessions of the provider {@code docker}. They
 * are withdrawn while that does not work (W-34).
 */
final class ContainerVerbs {
  private static final String PROVIDER = "docker";
  private static final String NAME = "vespid-session-";
  private static final int SSH = 22;

  private final Sessions sessions;

  ContainerVerbs(Sessions sessions) {
    this.sessions = sessions;
  }

  Map<String, Handler> handlers() {
    var handlers = new LinkedHashMap<String, Handler>();
    handlers.put("spawn_container", inEngine(this::spawn));
    handlers.put("stop_container", inEngine(this::stop));
    handlers.put("list_containers", inEngine(_ -> list()));
    handlers.put("terminate_session", this::terminate);
    handlers.put("get_session_status", this::status);
    return handlers;
  }

  private Handler inEngine(Handler handler) {
    return new Handler() {
      @Override
      public Outcome handle(Request request)
          throws SessionFailed, IOException, InterruptedException {
        return handler.handle(request);
      }

      @Override
      public boolean available() {
        return sessions.providers().works(PROVIDER);
      }
    };
  }

  private record Shown(
      String containerId,
      String name,
      String sessionId,
      String username,
      String status,
      Integer port) {}

  private static Shown shown(Sessions.View view) {
    var record = view.record();
    return new Shown(
        record.handle(),
        NAME + record.handle(),
        record.id(),
        record.labels().get("user"),
        SessionCommands.shown(view).status(),
        view.ports().get("ssh"));
  }

  private Outcome spawn(Request request) throws SessionFailed, IOException, InterruptedException {
    var id = request.text("session_id");
    boolean strict = "strict".equals(request.text("egress_profile"));
    var wish =
        new Sessions.Wish(
            id,
            id,
            PROVIDER,
            request.text("image"),
            Map.of(),
            strict ? Map.of() : Map.of("ssh", SSH),
            !strict,
            SessionCommands.mib(request.number("mem_mb")),
            SessionCommands.nanoCpus(request.decimal("cpu")),
            null,
            Map.of("session", id, "user", request.text("username")));
    SessionCommands.failing("create", () -> sessions.create(wish, request.time()));
    try {
      var started = SessionCommands.failing("start", () -> sessions.start(id, request.time()));
      return Outcome.success(shown(started));
    } catch (SessionFailed | IOException | InterruptedException | RuntimeException e) {
      // Half of what was asked for is nothing.
      sessions.destroy(id, request.time());
      throw e;
    }
  }

  private Outcome stop(Request request) throws SessionFailed, IOException, InterruptedException {
    var wanted = request.text("container_id");
    var view =
        inEngine().stream()
            .filter(one -> named(one, wanted))
            .findFirst()
            .orElseThrow(() -> new SessionFailed("container " + wanted + " not found"));
    var id = view.record().id();
    return Outcome.success(
        shown(SessionCommands.failing("stop", () -> sessions.stop(id, request.time()))));
  }

  private static boolean named(Sessions.View view, String wanted) {
    var handle = view.record().handle();
    return wanted.equals(handle)
        || wanted.equals(NAME + handle)
        || wanted.equals(view.record().id());
  }

  private List<Sessions.View> inEngine() {
    return sessions.list().stream()
        .filter(view -> view.record().provider().equals(PROVIDER))
        .toList();
  }

  private Outcome list() throws InterruptedException {
    sessions.compare();
    return Outcome.success(inEngine().stream().map(ContainerVerbs::shown).toList());
  }

  private Outcome terminate(Request request)
      throws SessionFailed, IOException, InterruptedException {
    var id = request.text("session_id");
    SessionCommands.failing("destroy", () -> sessions.destroy(id, request.time()));
    return Outcome.success(Map.of("sessionId", id, "status", "terminated"));
  }

  private Outcome status(Request request) throws InterruptedException {
    sessions.compare();
    var user = request.text("username");
    var theirs =
        sessions.list().stream()
            .filter(view -> user.equals(view.record().labels().get("user")))
            .map(SessionCommands::shown)
            .toList();
    return Outcome.success(Map.of("username", user, "sessions", theirs));
  }
}
