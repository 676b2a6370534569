package ai.vespid.agent.install;

import ai.vespid.agent.AgentFailure;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.auth.pubkey.UserAuthPublicKeyFactory;
import org.apache.sshd.client.channel.ClientChannelEvent;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.keyprovider.FileKeyPairProvider;

/** One connection to a machine whose key is known, by a key of ours. */
final class Ssh implements AutoCloseable {
  private static final Duration CONNECT_MAX = Duration.ofSeconds(15);
  private static final int OUTPUT_MAX = 256 * 1024;

  private final SshClient client;
  private final ClientSession session;

  /** What a command came to. */
  record Ended(int code, String out, String err) {
    /** The last lines it complained with, or said. */
    String lastWords() {
      var said = (err.isBlank() ? out : err).strip().lines().toList();
      return String.join("; ", said.subList(Math.max(0, said.size() - 3), said.size()));
    }
  }

  /**
   * Connects.
   *
   * @throws AgentFailure naming why not
   */
  Ssh(Destination to, HostKeys hostKeys, List<Path> identities) {
    client = SshClient.setUpDefaultClient();
    client.setServerKeyVerifier(hostKeys);
    client.setUserAuthFactories(List.of(UserAuthPublicKeyFactory.INSTANCE));
    client.setKeyIdentityProvider(new FileKeyPairProvider(identities));
    onlyKinds(hostKeys.kinds());
    client.start();
    boolean connected = false;
    try {
      session =
          client.connect(to.user(), to.host(), to.port()).verify(CONNECT_MAX).getClientSession();
      authenticate(to, hostKeys);
      connected = true;
    } catch (IOException e) {
      throw new AgentFailure("SSH_UNREACHABLE: " + to + " does not answer");
    } finally {
      if (!connected) client.stop();
    }
  }

  private void authenticate(Destination to, HostKeys hostKeys) {
    try {
      session.auth().verify(CONNECT_MAX);
    } catch (IOException e) {
      if (hostKeys.refusal() != null) throw new AgentFailure(hostKeys.refusal());
      throw new AgentFailure("SSH_AUTHENTICATION_FAILED: " + to + " does not take these keys");
    }
  }

  private void onlyKinds(Set<String> known) {
    if (known.isEmpty()) return;
    var names = new HashSet<>(known);
    // How such a key signs today.
    if (names.contains("ssh-rsa")) names.addAll(List.of("rsa-sha2-256", "rsa-sha2-512"));
    var kept =
        client.getSignatureFactories().stream().filter(f -> names.contains(f.getName())).toList();
    if (!kept.isEmpty()) client.setSignatureFactories(kept);
  }

  /** Runs a command of the shell there, with this as its input. */
  Ended run(String command, InputStream in, Duration max) {
    var out = new Bounded();
    var err = new Bounded();
    try (var channel = session.createExecChannel(command)) {
      channel.setIn(in);
      channel.setOut(out);
      channel.setErr(err);
      channel.open().verify(CONNECT_MAX);
      var events = channel.waitFor(EnumSet.of(ClientChannelEvent.CLOSED), max);
      if (!events.contains(ClientChannelEvent.CLOSED)) {
        throw new AgentFailure("SSH_TIMEOUT: no answer within " + max.toSeconds() + " s");
      }
      var status = channel.getExitStatus();
      return new Ended(status == null ? -1 : status, out.text(), err.text());
    } catch (IOException e) {
      throw new AgentFailure("SSH_CONNECTION_LOST: " + e.getMessage());
    }
  }

  Ended run(String command, Duration max) {
    return run(command, InputStream.nullInputStream(), max);
  }

  @Override
  public void close() {
    client.stop();
  }

  /** Keeps the beginning; what a machine says has no bound of its own. */
  private static final class Bounded extends OutputStream {
    private final ByteArrayOutputStream kept = new ByteArrayOutputStream();

    @Override
    public synchronized void write(int value) {
      if (kept.size() < OUTPUT_MAX) kept.write(value);
    }

    synchronized String text() {
      return kept.toString(StandardCharsets.UTF_8);
    }
  }
}
