package ai.vespid.gateway.control;

import ai.vespid.gateway.control.LoginContexts.LoginContext;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Somebody else who says who a person is. */
interface LoginProvider {
  /** All we know, configured or not. */
  Set<String> NAMES = Set.of("google", "github");

  /**
   * A person as the provider describes them.
   *
   * @param subject the provider's own id of them
   * @param email null when the provider tells none
   * @param emailVerified whether the provider knows that it is theirs
   */
  record Person(String subject, String email, boolean emailVerified, String name) {
    public Person {
      if (subject == null || subject.isBlank()) {
        throw new IllegalArgumentException("the provider names nobody");
      }
    }

    @Override
    public String toString() {
      return "Person[" + subject + "]";
    }
  }

  /** Where the browser is sent. */
  String authorizationUrl(LoginContext context);

  /** Who it was that the provider sent back with this code. Whatever fails is not told apart. */
  Future<Person> identify(String code, LoginContext context);

  /** Those that are configured, by name. */
  static Map<String, LoginProvider> configured(
      Vertx vertx, ControlSettings settings, InstantSource clock) {
    var providers = new HashMap<String, LoginProvider>();
    if (settings.googleClientId() != null) {
      providers.put("google", new GoogleLogin(vertx, settings, clock));
    }
    if (settings.githubClientId() != null) {
      providers.put("github", new GithubLogin(vertx, settings));
    }
    return Map.copyOf(providers);
  }
}
