package ai.vespid.engine.provider;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Finds the account a call is made with: the secret it brought, else the operator's key. */
final class Accounts {
  private final String id;
  private final ProviderSettings settings;
  private final GoogleTokens tokens;

  Accounts(String id, ProviderSettings settings, GoogleTokens tokens) {
    this.id = id;
    this.settings = settings;
    this.tokens = tokens;
  }

  /** What a secret of Vertex holds (contract 8). */
  private record VertexSecret(String refreshToken, String projectId, String location) {
    boolean usable() {
      return named(refreshToken, ".{1,4000}")
          && named(projectId, "[a-z0-9:.-]{1,100}")
          && named(location, "[a-z0-9-]{1,60}");
    }

    private static boolean named(String text, String form) {
      return text != null && text.matches(form);
    }

    @Override
    public String toString() {
      return "VertexSecret[" + projectId + "]";
    }
  }

  /** May take a while. */
  Account of(String secret) throws InterruptedException {
    var key = secret == null ? settings.apiKey() : secret;
    if (settings.kind() == Kind.VERTEX) return vertex(key);
    // A public provider always wants a key; one at an address of the operator's may not.
    if (key == null && settings.baseUrl() == null) throw none();
    if (key == null && settings.kind() != Kind.OPENAI) throw none();
    return new Account(key, settings.address());
  }

  private Unusable none() {
    return new Unusable(ErrorCode.LLM_AUTH_NOT_CONFIGURED, "no key for " + id + " is configured");
  }

  private Account vertex(String secret) throws InterruptedException {
    if (secret == null) throw none();
    var vertex = read(secret);
    var token = tokens.of(vertex.refreshToken());
    var address = settings.address();
    if (address == null) {
      address = Kind.VERTEX.complete("https://" + vertex.location() + "-aiplatform.googleapis.com");
    }
    return new Account(
        null,
        address
            + "/projects/"
            + vertex.projectId()
            + "/locations/"
            + vertex.location()
            + "/publishers/google",
        Map.of("Authorization", "Bearer " + token));
  }

  /**
   * The provider did not believe what it was told of this secret; true when it may be told
   * something else now.
   */
  boolean refused(String secret) {
    if (settings.kind() != Kind.VERTEX) return false;
    tokens.refused(read(secret == null ? settings.apiKey() : secret).refreshToken());
    return true;
  }

  private VertexSecret read(String secret) {
    try {
      var vertex = Json.read(secret.getBytes(StandardCharsets.UTF_8), VertexSecret.class);
      if (vertex.usable()) return vertex;
    } catch (InvalidMessage e) {
      // Said below; what it says of the text is not for others.
    }
    throw new Unusable(
        ErrorCode.LLM_AUTH_NOT_CONFIGURED,
        "a secret of vertex must hold refreshToken, projectId and location");
  }
}
