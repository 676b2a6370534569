package ai.vespid.server;

import ai.vespid.kit.node.ConfigurationException;
import ai.vespid.sql.Database;
import ai.vespid.sql.SecretRepository;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * Wraps every data key under the newest key-encryption key while servers run. No value is opened or
 * changed, so whoever knows both keys reads each secret before, during and after.
 */
@Command(
    name = "rotate",
    description = {
      "Wraps the data keys of all secrets under the newest key; servers go on meanwhile.",
      "First name the new key in SECRETS_KEK_OLD of all servers and restart them one by one; then"
          + " make it SECRETS_KEK_ID and SECRETS_KEK_BASE64, the old one SECRETS_KEK_OLD, and"
          + " restart them again; then run this. Once it has found nothing more to do and the"
          + " dispatches of that hour have ended, the old key can be forgotten."
    })
final class SecretsRotateCommand implements Callable<Integer> {
  private static final Duration ROTATION_MAX = Duration.ofMinutes(30);

  @Spec private CommandSpec spec;

  private final Map<String, String> variables;

  SecretsRotateCommand(Map<String, String> variables) {
    this.variables = variables;
  }

  @Override
  public Integer call() {
    var environment = environment();
    var envelope = Server.envelope(environment);
    var vertx = Vertx.vertx();
    try {
      var database = Database.open(vertx, Server.databaseOptions(environment));
      var rotation = new KekRotation(new SecretRepository(database), envelope);
      var told = Server.await("the rotation", rotation.run(), ROTATION_MAX);
      var out = spec.commandLine().getOut();
      out.println(told.text(envelope.kekId()));
      out.flush();
      return told.unreadable().isEmpty() ? 0 : 1;
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }

  /** As it is, or that of a {@code vespid up} when it names no database. */
  private Map<String, String> environment() {
    var environment = new HashMap<String, String>();
    if (variables.getOrDefault("DATABASE_URL", "").isBlank()) {
      var home = Home.of(variables);
      var url =
          PostgresStore.runningUrl(home)
              .orElseThrow(() ->
                  new ConfigurationException(
                      "set DATABASE_URL, or start \"vespid up\" on " + home.folder()));
      environment.putAll(Secrets.loadOrCreate(home));
      environment.putAll(variables);
      environment.put("DATABASE_URL", url);
    } else {
      environment.putAll(variables);
    }
    if (environment.getOrDefault("SECRETS_KEK_BASE64", "").isBlank()) {
      throw new ConfigurationException("set SECRETS_KEK_BASE64, and SECRETS_KEK_OLD");
    }
    return environment;
  }
}
