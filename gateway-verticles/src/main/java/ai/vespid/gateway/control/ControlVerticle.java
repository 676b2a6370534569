package ai.vespid.gateway.control;

import ai.vespid.kit.auth.AccessTokens;
import ai.vespid.kit.bus.Bus;
import ai.vespid.kit.crypto.Envelope;
import ai.vespid.kit.crypto.SecretsUnderWay;
import ai.vespid.kit.engine.Engines;
import ai.vespid.kit.node.HomeCalls;
import ai.vespid.kit.node.MemoryCalls;
import ai.vespid.kit.node.Node;
import ai.vespid.kit.node.Settings;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.protocol.RawJson;
import ai.vespid.sql.AccountRepository;
import ai.vespid.sql.AgentRepository;
import ai.vespid.sql.BindingRepository;
import ai.vespid.sql.Database;
import ai.vespid.sql.InvitationRepository;
import ai.vespid.sql.ManagedExecutorRepository;
import ai.vespid.sql.MemoryJobRepository;
import ai.vespid.sql.OrganizationRepository;
import ai.vespid.sql.PresenceRepository;
import ai.vespid.sql.ProviderLoginRepository;
import ai.vespid.sql.SecretRepository;
import ai.vespid.sql.SessionRepository;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;

/**
 * Serves {@code /v1}, {@code /internal/v1/managed-executors}, {@code /healthz} and {@code
 * /openapi.json} on the control port.
 */
public final class ControlVerticle extends VerticleBase {
  private static final String DOCUMENT = "openapi.yaml";

  private final Node node;
  private Passwords passwords;

  public ControlVerticle(Node node) {
    this.node = node;
  }

  @Override
  public Future<?> start() {
    var settings = Settings.bind("control", config(), ControlSettings.class);
    var document = document();
    passwords = new Passwords(vertx);
    var accounts = new AccountRepository(node.service(Database.class));
    var tokens =
        new AccessTokens(
            vertx, node.clock(), settings.authTokenSecret(), settings.accessTokenTtlSec());
    var sessions = new Sessions(accounts, tokens, settings, node.clock());
    var organizations = new OrganizationRepository(node.service(Database.class));
    var gate = new Gate(sessions, accounts, organizations, settings, node.clock());
    var endpoints = endpoints(settings, document, sessions, accounts, organizations);
    var api = new ControlApi(vertx, gate, endpoints, node.meters(), settings.webBaseUrl());
    return api.router(document)
        .onSuccess(router ->
            node.ports().mount(vertx, settings.host(), settings.port(), "API_PORT", "/", router));
  }

  private Map<String, Endpoint> endpoints(
      ControlSettings settings,
      JsonObject document,
      Sessions sessions,
      AccountRepository accounts,
      OrganizationRepository organizations) {
    var database = node.service(Database.class);
    var bus = new Bus(vertx, node.id());
    var presence = new Presence(bus, node);
    var served = RawJson.of(document.encode());
    var all = new HashMap<String, Endpoint>();
    all.put("health", new Health(database)::check);
    all.put("document", _ -> Future.succeededFuture(Answer.ok(served)));
    all.putAll(new Installer(settings).endpoints());
    all.put("engineAuthStatus", new EngineStatus(presence)::answer);
    all.put("listEngines", EngineCatalogue::answer);
    all.put("testProviderKey", keyTest(settings)::answer);
    all.putAll(new AccountEndpoints(accounts, sessions, passwords, settings).endpoints());
    all.putAll(
        oauth(settings, sessions, accounts, new ProviderLoginRepository(database)).endpoints());
    all.putAll(
        new OrganizationEndpoints(organizations, new InvitationRepository(database), node.clock())
            .endpoints());
    all.putAll(agents(settings, presence));
    all.putAll(
        new ManagedEndpoints(new ManagedExecutorRepository(database), presence, settings)
            .endpoints());
    all.putAll(WorkflowApi.endpoints(node, bus, organizations, settings));
    var homes = HomeCalls.of(vertx, node);
    all.putAll(
        new CommandEndpoints(
                new AgentRepository(database),
                homes,
                new SecretsUnderWay(node.optional(Envelope.class)))
            .endpoints());
    var bindings = new BindingRepository(database);
    all.putAll(new BindingEndpoints(bindings).endpoints());
    var sessionRows = new SessionRepository(database);
    all.putAll(new SessionEndpoints(sessionRows, bindings, homes).endpoints());
    var memory = new MemoryCalls(Surroundings.of(vertx, node));
    all.putAll(
        new MemoryEndpoints(new MemoryJobRepository(database), sessionRows, memory).endpoints());
    return all;
  }

  private KeyTest keyTest(ControlSettings settings) {
    var envelope = node.optional(Envelope.class);
    var models =
        Engines.models(
            vertx,
            Surroundings.of(vertx, node),
            settings.engineRunnerBaseUrl(),
            settings.engineRunnerToken(),
            settings.engineRunnerTimeoutMs(),
            new SecretsUnderWay(envelope));
    var secrets = new SecretRepository(node.service(Database.class));
    return new KeyTest(models, secrets, envelope, node.clock());
  }

  private Map<String, Endpoint> agents(ControlSettings settings, Presence live) {
    var database = node.service(Database.class);
    var agents = new AgentRepository(database);
    var told = new PresenceRepository(database);
    var all = new HashMap<>(new AgentEndpoints(agents, live, settings, node.clock()).endpoints());
    all.putAll(new PresenceEndpoints(agents, told, live, settings, node.clock()).endpoints());
    return all;
  }

  private OAuthEndpoints oauth(
      ControlSettings settings,
      Sessions sessions,
      AccountRepository accounts,
      ProviderLoginRepository logins) {
    return new OAuthEndpoints(
        vertx, node.clock(), settings, logins, new ProviderAccounts(accounts, logins, sessions));
  }

  /** The document as it is written: what is served and what the routes are built from. */
  static JsonObject document() {
    try (var in = ControlVerticle.class.getResourceAsStream(DOCUMENT)) {
      var tree = new ObjectMapper(new YAMLFactory()).readTree(in);
      return new JsonObject(tree.toString());
    } catch (IOException e) {
      throw new UncheckedIOException("the control API's document is not in the program", e);
    }
  }

  @Override
  public Future<?> stop() {
    return passwords == null ? Future.succeededFuture() : passwords.close();
  }
}
