package ai.vespid.agent.trust;

import ai.vespid.agent.AgentFailure;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.executor.Frames;
import ai.vespid.protocol.trust.CommandKeys;
import ai.vespid.protocol.trust.CommandVerifier;
import ai.vespid.protocol.trust.CommandVerifier.Verdict;
import ai.vespid.protocol.trust.SignedFrame;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the agent obeys. With a file of keys it is what one of them signed, and nothing else; the
 * file is read again for every connection, so keys are replaced without a restart. Confined to the
 * link's context.
 */
public final class CommandGate {
  private static final Logger LOG = LoggerFactory.getLogger(CommandGate.class);

  /** A refusal is only told to people: it needs no signature, and may be that there is none. */
  private static final String REFUSAL = "executor_error_v2";

  private final Path file;
  private final CommandVerifier verifier;
  private Map<String, PublicKey> keys = Map.of();

  /**
   * @param file null to obey whatever comes on the link
   */
  public CommandGate(Path file, String executorId, String bootId) {
    this.file = file;
    this.verifier = new CommandVerifier(executorId, bootId);
  }

  /**
   * Reads the keys.
   *
   * @throws AgentFailure when they cannot be used
   */
  public void read() {
    if (file == null) return;
    try {
      keys = CommandKeys.checking(file);
    } catch (IOException e) {
      throw new AgentFailure("COMMAND_KEYS_UNREADABLE: " + file);
    } catch (GeneralSecurityException e) {
      throw new AgentFailure("COMMAND_KEYS_INVALID: " + file + " " + e.getMessage());
    }
  }

  /** Reads the keys again; those of before stay when they cannot be used. */
  public void reread() {
    try {
      read();
    } catch (AgentFailure e) {
      LOG.atError().addKeyValue("cause", e.getMessage()).log("command keys cannot be read again");
    }
  }

  /** What the hello says of it. */
  public Set<String> features() {
    if (file == null) return Set.of();
    var features = new HashSet<String>();
    features.add(SignedFrame.FEATURE);
    for (var id : keys.keySet()) features.add(SignedFrame.FEATURE + ':' + id);
    return features;
  }

  /** What a frame comes to. */
  public Verdict open(byte[] frame) {
    if (file == null || isRefusal(frame)) return new Verdict.Good(frame);
    return verifier.open(frame, keys, System.currentTimeMillis());
  }

  private static boolean isRefusal(byte[] frame) {
    try {
      return Frames.typeOf(frame).equals(REFUSAL);
    } catch (InvalidMessage e) {
      return false;
    }
  }
}
