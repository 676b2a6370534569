package ai.vespid.agent.command;

import ai.vespid.agent.operation.LocalCommands;
import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.command.CommandCall;
import java.util.Optional;
import java.util.UUID;

/** What this machine's own operator asks for, carried out by the one executor of commands. */
public final class LocalDesk implements LocalCommands {
  private static final int TIMEOUT_MS_DEFAULT = 300_000;
  private static final int TIMEOUT_MS_MAX = 24 * 3_600_000;
  private static final int OUTPUT_CHARS_MAX = 65_536;

  private final CommandDesk desk;

  /**
   * @param node what takes commands; empty when nothing does, and all are denied
   */
  public LocalDesk(Optional<Node> node) {
    this.desk = node.map(Node::desk).orElseGet(CommandDesk::closed);
  }

  @Override
  public byte[] run(Ask ask, Cancellation cancellation) {
    if (ask.command() == null) throw new InvalidMessage("command", "is required");
    var args = ask.args() == null ? RawJson.of("{}") : RawJson.from(ask.args());
    var call = new CommandCall("local." + UUID.randomUUID(), ask.command(), args);
    int timeoutMs = ask.timeoutMs() == null ? TIMEOUT_MS_DEFAULT : ask.timeoutMs();
    return Json.write(
        desk.run(
            call, null, Math.clamp(timeoutMs, 1, TIMEOUT_MS_MAX), OUTPUT_CHARS_MAX, cancellation));
  }
}
