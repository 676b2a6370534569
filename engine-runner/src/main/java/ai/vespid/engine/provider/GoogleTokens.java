package ai.vespid.engine.provider;

/** Access tokens of Google for refresh tokens. */
@FunctionalInterface
public interface GoogleTokens {
  /** One that is valid for a while; may ask for it, and fails with {@code VERTEX_TOKEN_FAILED}. */
  String of(String refreshToken) throws InterruptedException;

  /** The one that was given for it is refused, whatever time it had left. */
  default void refused(String refreshToken) {}
}
