package ai.vespid.gateway.edge;

import ai.vespid.protocol.executor.Frames;
import ai.vespid.protocol.executor.GatewayFrame.Acknowledged;
import ai.vespid.protocol.executor.GatewayFrame.ResultAck;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Results one agent may forget. They wait for the next frame to that agent, or for a second: the
 * agent is in no hurry, and a write to the socket costs more than what it says.
 */
final class Acknowledgements {
  private static final int GATHERED_MAX = 100;

  private final Wire wire;
  private final Consumer<Runnable> shortly;
  private final List<Acknowledged> gathered = new ArrayList<>();
  private boolean scheduled;

  /**
   * @param shortly runs an action a second later
   */
  Acknowledgements(Wire wire, Consumer<Runnable> shortly) {
    this.wire = wire;
    this.shortly = shortly;
  }

  void add(Acknowledged acknowledged) {
    gathered.add(acknowledged);
    if (gathered.size() >= GATHERED_MAX) send();
    else if (!scheduled) {
      scheduled = true;
      shortly.accept(this::sendLate);
    }
  }

  private void sendLate() {
    scheduled = false;
    send();
  }

  /** Before another frame: both leave in one write. */
  void send() {
    if (gathered.isEmpty()) return;
    wire.send(Frames.write(ResultAck.of(gathered)));
    gathered.clear();
  }
}
