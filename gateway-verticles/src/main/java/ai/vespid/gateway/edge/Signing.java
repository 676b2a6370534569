package ai.vespid.gateway.edge;

import ai.vespid.kit.node.ConfigurationException;
import ai.vespid.protocol.executor.ExecutorFrame.Hello;
import ai.vespid.protocol.trust.CommandKeys;
import ai.vespid.protocol.trust.CommandSigner;
import ai.vespid.protocol.trust.SignedFrame;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.List;

/**
 * The keys this gateway signs commands with. An agent that wants its commands signed says in its
 * hello which keys it knows; the first of ours that it knows is used for it.
 */
final class Signing {
  private final List<CommandKeys.Signing> keys;

  private Signing(List<CommandKeys.Signing> keys) {
    this.keys = keys;
  }

  /**
   * @throws ConfigurationException naming the file that cannot be used
   */
  static Signing of(ExecutorEdgeSettings settings) {
    var file = settings.signingKeyFile();
    if (file == null) return new Signing(List.of());
    try {
      return new Signing(CommandKeys.signing(Path.of(file)));
    } catch (IOException e) {
      throw new ConfigurationException("executor-edge: cannot be read: " + file);
    } catch (GeneralSecurityException e) {
      throw new ConfigurationException("executor-edge: " + file + " " + e.getMessage());
    }
  }

  /** What comes of an agent's wish. */
  sealed interface Choice {
    /** It did not ask for signatures. */
    record Open() implements Choice {}

    record Sealed(CommandSigner signer) implements Choice {}

    /** It would believe nothing that we say. */
    record Impossible() implements Choice {}
  }

  Choice choose(Hello hello) {
    if (!hello.features().contains(SignedFrame.FEATURE)) return new Choice.Open();
    for (var key : keys) {
      if (hello.features().contains(SignedFrame.FEATURE + ':' + key.id())) {
        return new Choice.Sealed(new CommandSigner(key, hello.executorId(), hello.bootId()));
      }
    }
    return new Choice.Impossible();
  }
}
