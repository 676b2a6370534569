package ai.vespid.agent.install;

import ai.vespid.agent.AgentFailure;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.sshd.client.config.hosts.KnownHostEntry;
import org.apache.sshd.client.keyverifier.ServerKeyVerifier;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.apache.sshd.common.config.keys.PublicKeyEntryResolver;
import org.apache.sshd.common.digest.BuiltinDigests;

/**
 * Whether the machine at the other end is the one that is meant. A key that is not known is
 * refused, unless its fingerprint was given or new ones may be learnt; a key that was changed is
 * refused in any case.
 */
final class HostKeys implements ServerKeyVerifier {
  private final Destination destination;
  private final Path knownHosts;
  private final String fingerprint;
  private final boolean acceptNew;
  private String refusal;

  /**
   * @param fingerprint {@code SHA256:…} of the only key to be taken, or null
   * @param acceptNew whether the key of a host that has none yet is written to the file
   */
  HostKeys(Destination destination, Path knownHosts, String fingerprint, boolean acceptNew) {
    this.destination = destination;
    this.knownHosts = knownHosts;
    this.fingerprint = fingerprint;
    this.acceptNew = acceptNew;
  }

  /** Why the key was refused, beginning with a code; null when it was not. */
  String refusal() {
    return refusal;
  }

  /** The kinds of keys that are known of the host: another kind would seem to be a new key. */
  Set<String> kinds() {
    var kinds = new HashSet<String>();
    for (var entry : entries()) {
      if (entry.getMarker() == null) kinds.add(entry.getKeyEntry().getKeyType());
    }
    return kinds;
  }

  private List<KnownHostEntry> entries() {
    if (!Files.isReadable(knownHosts)) return List.of();
    try {
      return KnownHostEntry.readKnownHostEntries(knownHosts).stream()
          .filter(entry -> entry.isHostMatch(destination.host(), destination.port()))
          .toList();
    } catch (IOException e) {
      throw new AgentFailure("KNOWN_HOSTS_INVALID: " + knownHosts);
    }
  }

  @Override
  public boolean verifyServerKey(ClientSession session, SocketAddress address, PublicKey key) {
    try {
      refusal = judge(key);
    } catch (AgentFailure e) {
      refusal = e.getMessage();
    }
    return refusal == null;
  }

  private String judge(PublicKey key) {
    var shown = KeyUtils.getFingerPrint(BuiltinDigests.sha256, key);
    if (fingerprint != null) {
      return fingerprint.equals(shown)
          ? null
          : "HOST_KEY_MISMATCH: the key of " + destination + " is " + shown;
    }
    var known = entries();
    boolean same = known.stream().anyMatch(entry -> holds(entry, key));
    if (same && known.stream().anyMatch(e -> "revoked".equals(e.getMarker()) && holds(e, key))) {
      return "HOST_KEY_REVOKED: the key of " + destination + ", " + shown;
    }
    if (same) return null;
    if (!known.isEmpty()) {
      return "HOST_KEY_CHANGED: the key of %s is now %s; if that is right, remove the old one from %s"
          .formatted(destination, shown, knownHosts);
    }
    if (acceptNew) return learn(key);
    return "HOST_KEY_UNKNOWN: the key of %s is %s; if that is right, say --host-key %2$s"
        .formatted(destination, shown);
  }

  private static boolean holds(KnownHostEntry entry, PublicKey key) {
    try {
      var known =
          entry.getKeyEntry().resolvePublicKey(null, Map.of(), PublicKeyEntryResolver.IGNORING);
      return KeyUtils.compareKeys(known, key);
    } catch (IOException | GeneralSecurityException e) {
      return false;
    }
  }

  private String learn(PublicKey key) {
    var host =
        destination.port() == 22
            ? destination.host()
            : "[" + destination.host() + "]:" + destination.port();
    try {
      Files.createDirectories(knownHosts.toAbsolutePath().getParent());
      Files.writeString(
          knownHosts,
          host + " " + PublicKeyEntry.toString(key) + "\n",
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
      return null;
    } catch (IOException e) {
      return "KNOWN_HOSTS_UNWRITABLE: " + knownHosts;
    }
  }
}
