package ai.vespid.agent.trust;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * What the agent was told of trust; null and empty mean that it was told nothing.
 *
 * @param authorities PEM file with those who may vouch for the gateway; null for Java's
 * @param revocations PEM file with their revocation lists
 * @param certificate PEM file with the agent's own certificate
 * @param key PEM file with its key
 * @param pins what the gateway's key may be, as they were written
 */
public record TrustChoice(
    Path authorities, Path revocations, Path certificate, Path key, List<String> pins) {
  /** Nothing but what this Java trusts. */
  public static final TrustChoice NONE = new TrustChoice(null, null, null, null, List.of());

  public TrustChoice {
    pins = List.copyOf(pins);
  }

  boolean isNone() {
    // Not by comparing records, which Java would first have to learn: every start asks this.
    return files().isEmpty() && pins.isEmpty();
  }

  List<Path> files() {
    return Stream.of(authorities, revocations, certificate, key).filter(Objects::nonNull).toList();
  }
}
