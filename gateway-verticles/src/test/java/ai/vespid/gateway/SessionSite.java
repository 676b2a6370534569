package ai.vespid.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.gateway.TestGateway.Credentials;
import ai.vespid.kit.auth.AccessTokens;
import ai.vespid.kit.bus.Bus;
import ai.vespid.kit.crypto.Tokens;
import ai.vespid.kit.node.HomeCalls;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.Selector;
import ai.vespid.protocol.bus.Message;
import ai.vespid.protocol.bus.SessionRegistry;
import ai.vespid.protocol.bus.SessionTurns;
import ai.vespid.protocol.bus.SessionTurns.Reply;
import ai.vespid.protocol.bus.SessionTurns.Say;
import ai.vespid.protocol.http.SessionBody;
import ai.vespid.protocol.session.SessionEvent;
import ai.vespid.protocol.session.SessionLimits;
import ai.vespid.sql.AccountRepository;
import ai.vespid.sql.AccountRepository.NewSession;
import ai.vespid.sql.AgentSession;
import ai.vespid.sql.OrganizationRepository;
import ai.vespid.sql.SessionRepository;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** An organization with a user, and what is said in its sessions. */
final class SessionSite {
  private static final Duration ASK_MAX = Duration.ofSeconds(15);

  final TestGateway gateway;
  final String organization = UUID.randomUUID().toString();
  final String user = UUID.randomUUID().toString();
  final Credentials byon;
  final SessionRepository sessions;
  final HomeCalls homes;
  final AccountRepository accounts;

  SessionSite(TestGateway gateway) {
    this.gateway = gateway;
    this.byon = gateway.executor(organization);
    this.sessions = new SessionRepository(gateway.db);
    this.homes = HomeCalls.of(gateway.vertx, gateway.node);
    this.accounts = new AccountRepository(gateway.db);
    gateway
        .db
        .identity()
        .preparedQuery("insert into users (id, email, password_hash) values ($1, $2, 'x')")
        .execute(Tuple.of(UUID.fromString(user), user + "@example.com"))
        .await();
    join(user, "owner");
    shells(true);
  }

  /** Whether sessions of the organization may run shells. */
  void shells(boolean enabled) {
    var tools = new JsonObject().put("shellRunEnabled", enabled);
    new OrganizationRepository(gateway.db)
        .changeSettings(organization, settings -> settings.copy().put("tools", tools))
        .await();
  }

  private void join(String userId, String role) {
    var insert = "insert into memberships (organization_id, user_id, role_key) values ($1, $2, $3)";
    gateway
        .db
        .tenant(
            organization,
            sql ->
                sql.preparedQuery(insert)
                    .execute(
                        Tuple.of(UUID.fromString(organization), UUID.fromString(userId), role)))
        .await();
  }

  /** A login of the user: its id and its access token. */
  Login login() {
    var login =
        new NewSession(
            UUID.randomUUID().toString(),
            Tokens.hash(UUID.randomUUID().toString()),
            Instant.now().plusSeconds(600),
            null,
            null);
    accounts.openSession(user, login).await();
    var token =
        new AccessTokens(gateway.vertx, InstantSource.system(), TestGateway.TOKEN_SECRET, 600)
            .issue(user, "x", login.id())
            .token();
    return new Login(login.id(), token);
  }

  record Login(String id, String token) {}

  AgentSession session(Selector selector, Integer timeoutMs, String... tools) {
    var engine = new SessionBody.Engine("scripted", null, null);
    return session(engine, selector, timeoutMs, tools);
  }

  /** One whose turns an engine of its host carries out. */
  AgentSession hosted(String engineId, String secretId, String... tools) {
    var auth = secretId == null ? null : new SessionBody.Auth(secretId);
    return session(new SessionBody.Engine(engineId, null, auth), null, null, tools);
  }

  private AgentSession session(
      SessionBody.Engine engine, Selector selector, Integer timeoutMs, String... tools) {
    var body =
        new SessionBody(
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            engine,
            null,
            new SessionBody.Prompt(null, "be brief"),
            new SessionBody.Tools(List.of(tools)),
            new SessionLimits(null, null, timeoutMs, null, null),
            null,
            selector);
    return sessions
        .create(
            new SessionRepository.Wanted(
                organization,
                user,
                UUID.randomUUID().toString(),
                null,
                null,
                body,
                RawJson.of("{}")))
        .await();
  }

  AgentSession session(String... tools) {
    return session(null, null, tools);
  }

  Future<Reply> say(AgentSession session, String message, String key) {
    return ask(new Say(organization, session.id(), user, message, List.of(), key));
  }

  Reply say(AgentSession session, String message) {
    return say(session, message, null).await();
  }

  <R extends Message> Future<R> ask(SessionTurns<R> request) {
    return homes.askSession(request, ASK_MAX);
  }

  List<SessionEvent> events(AgentSession session) {
    return sessions.history(organization, session.id(), -1, 10_000).await();
  }

  AgentSession read(AgentSession session) {
    return sessions.find(organization, session.id()).await().orElseThrow();
  }

  /** All events, as soon as they fulfil this. */
  List<SessionEvent> await(AgentSession session, Predicate<List<SessionEvent>> done) {
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(15);
    while (true) {
      var events = events(session);
      for (int i = 0; i < events.size(); i++) assertThat(events.get(i).seq()).isEqualTo(i);
      if (done.test(events)) return events;
      assertThat(System.nanoTime()).as("%s", told(events)).isLessThan(limit);
    }
  }

  List<SessionEvent> awaitEnds(AgentSession session, int count) {
    return await(session, events -> events.stream().filter(SessionSite::ends).count() == count);
  }

  static boolean ends(SessionEvent event) {
    return switch (event.eventType()) {
      case SessionEvent.AGENT_FINAL, SessionEvent.ERROR -> true;
      case SessionEvent.SYSTEM -> "session_turn_canceled".equals(json(event).getString("action"));
      default -> false;
    };
  }

  static JsonObject json(SessionEvent event) {
    return new JsonObject(event.payload().text());
  }

  /** The text of the last event. */
  static String answer(List<SessionEvent> events) {
    return json(events.getLast()).getString("message");
  }

  static List<String> told(List<SessionEvent> events) {
    return events.stream().map(event -> event.eventType() + " " + event.payload().text()).toList();
  }

  /** Connects a managed agent and waits until it is routed. */
  FakeAgent managed() {
    var agent = FakeAgent.extended(gateway, gateway.managedExecutor()).connect(gateway);
    awaitRoute(agent, true);
    return agent;
  }

  void awaitRoute(FakeAgent agent, boolean there) {
    var bus = new Bus(gateway.vertx, "gw-1");
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(15);
    boolean routed;
    do {
      routed =
          bus
              .ask(SessionRegistry.at("gw-1"), new SessionRegistry.Snapshot(), ASK_MAX)
              .await()
              .routes()
              .stream()
              .anyMatch(route -> route.executorId().equals(agent.credentials.executorId()));
      assertThat(System.nanoTime()).isLessThan(limit);
    } while (routed != there);
  }
}
