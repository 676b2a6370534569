package ai.vespid.bench.fault;

import ai.vespid.bench.ViewerLink;
import ai.vespid.protocol.session.ClientFrame;
import ai.vespid.protocol.session.SessionEvent;
import ai.vespid.protocol.session.ViewerFrame;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Somebody who looks at one session, whose cable is cut again and again, and who may talk in it: a
 * message is said under its key until it is seen. Confined to the run's loop.
 */
final class Speaker implements ViewerLink.Listener {
  private static final String PATH = "/ws/client";
  private static final long TALK_MS = 200;
  private static final long AGAIN_MS = 3_000;
  private static final int AT_ONCE = 3;
  private static final int CANCELS_PERCENT = 3;

  /** What one saw. */
  record Seen(long seq, String type, String payload) {}

  /** Something said, and when it was said last. */
  private record Saying(String text, long atNanos) {}

  private final String name;
  private final String session;
  private final Cable cable;
  private final ViewerLink link;
  private final List<Seen> seen = new ArrayList<>();
  private final List<String> flaws = new ArrayList<>();
  private final Map<String, Saying> unseen = new LinkedHashMap<>();
  private boolean talking;
  private int said;
  private int ended;
  private int messages;
  private String host;

  /**
   * Who looks at what.
   *
   * @param headers what proves it; a secret
   */
  record Who(String name, String session, Map<String, String> headers) {
    @Override
    public String toString() {
      return name;
    }
  }

  Speaker(Vertx vertx, Who who, Cable cable) {
    this.name = who.name();
    this.session = who.session();
    this.cable = cable;
    this.link =
        new ViewerLink(vertx, cable.urls(), who.headers(), session, () -> seen.size() - 1, this);
    vertx.setPeriodic(TALK_MS, _ -> talk());
    link.start();
  }

  static Cable cable(List<GatewayProcess> gateways, FreePorts ports) {
    return Cable.through(gateways, ports, PATH);
  }

  String name() {
    return name;
  }

  String session() {
    return session;
  }

  /** Where the session's tools run, as it was told last; null when it has no host yet. */
  String host() {
    return host;
  }

  void talks(boolean now) {
    talking = now;
  }

  /** Everything it said was seen, and every turn it saw is over. */
  boolean quiet() {
    return unseen.isEmpty() && ended == messages;
  }

  List<Seen> seen() {
    return List.copyOf(seen);
  }

  List<String> flaws() {
    return List.copyOf(flaws);
  }

  /** Its connections are closed, and may be opened again. */
  void cut() {
    cable.cut();
    cable.heal();
  }

  void close() {
    link.stop();
    cable.close();
  }

  private void talk() {
    long now = System.nanoTime();
    for (var key : List.copyOf(unseen.keySet())) {
      var saying = unseen.get(key);
      if (now - saying.atNanos() > AGAIN_MS * 1_000_000) say(key, saying.text());
    }
    if (!talking || unseen.size() >= AT_ONCE || messages - ended >= AT_ONCE) return;
    int number = ++said;
    say(name + "-" + number, text(number));
    // Two at once.
    if (number % 7 == 0) say(name + "-" + ++said, text(said));
    if (chance(CANCELS_PERCENT)) link.send(new ClientFrame.Cancel(session));
  }

  private String text(int number) {
    var work = ThreadLocalRandom.current().nextInt(400);
    var unique = name + " says " + number;
    return switch (number % 3) {
      case 0 -> unique;
      case 1 -> call(number, work) + "\n" + unique;
      default -> call(number, work) + "\n" + call(number, work) + "\n" + unique;
    };
  }

  private static String call(int number, int workMs) {
    return "call connector.github.issue.create {\"number\":%d,\"workMs\":%d}"
        .formatted(number, workMs);
  }

  private static boolean chance(int percent) {
    return ThreadLocalRandom.current().nextInt(100) < percent;
  }

  private void say(String key, String text) {
    unseen.put(key, new Saying(text, System.nanoTime()));
    link.send(new ClientFrame.Send(session, text, List.of(), key));
  }

  @Override
  public void joined() {}

  @Override
  public void received(ViewerFrame frame) {
    switch (frame) {
      case ViewerFrame.Event event -> sees(event);
      case ViewerFrame.State state -> host = state.pinnedExecutorId();
      default -> {}
    }
  }

  private void sees(ViewerFrame.Event event) {
    if (event.seq() != seen.size()) {
      flaws.add(name + " saw " + event.seq() + " after " + (seen.size() - 1));
      return;
    }
    var payload = event.payload() == null ? "" : event.payload().text();
    seen.add(new Seen(event.seq(), event.eventType(), payload));
    if (SessionStory.ends(event.eventType(), payload)) ended++;
    if (!event.eventType().equals(SessionEvent.USER_MESSAGE)) return;
    messages++;
    var text = SessionStory.message(payload);
    unseen.values().removeIf(saying -> saying.text().equals(text));
  }
}
