package ai.vespid.gateway.dispatch;

import ai.vespid.protocol.bus.DispatchRouter.Moving;
import ai.vespid.protocol.bus.DispatchRouter.Reconcile;
import ai.vespid.protocol.bus.DispatchRouter.Report;
import ai.vespid.protocol.bus.DispatchRouter.TakeOver;
import ai.vespid.protocol.bus.Holder;
import ai.vespid.protocol.executor.ExecutorFrame.Held;
import ai.vespid.simulation.Mutant;
import java.util.ArrayList;
import java.util.List;

/** What mutants make of messages to a router and of its answers. */
final class Spoiling {
  private final RouterPorts ports;
  private final DispatchTable table;
  private final ExecutorDirectory directory;
  private int handovers;

  Spoiling(RouterPorts ports, DispatchTable table, ExecutorDirectory directory) {
    this.ports = ports;
    this.table = table;
    this.directory = directory;
  }

  private boolean without(Mutant line) {
    return ports.omits(line);
  }

  static Reconcile newest(Reconcile hello) {
    return new Reconcile(
        hello.key(),
        hello.organizationId(),
        hello.executorId(),
        hello.connectionId(),
        Long.MAX_VALUE,
        hello.bootId(),
        hello.inFlight(),
        hello.finished(),
        hello.edge());
  }

  List<Held> unstored(Reconcile hello) {
    return Reconciliation.listed(hello).entrySet().stream()
        .filter(held ->
            table
                .find(held.getKey())
                .filter(entry -> entry.state instanceof Entry.State.Settling)
                .isPresent())
        .map(held -> new Held(held.getKey(), held.getValue()))
        .toList();
  }

  static Reconcile.Reconciled dropping(List<Held> these, Reconcile.Reconciled from) {
    var ids = these.stream().map(Held::requestId).toList();
    var drop = new ArrayList<>(from.drop());
    drop.addAll(these);
    return new Reconcile.Reconciled(
        from.adopted().stream().filter(a -> !ids.contains(a.requestId())).toList(), drop);
  }

  Reconcile sameProcess(Reconcile hello) {
    var boot =
        directory.heldBy(hello.executorId()).stream()
            .flatMap(id -> table.find(id).stream())
            .map(Entry::holder)
            .filter(holder -> holder != null && holder.bootId() != null)
            .map(Holder::bootId)
            .findFirst()
            .orElse(hello.bootId());
    return new Reconcile(
        hello.key(),
        hello.organizationId(),
        hello.executorId(),
        hello.connectionId(),
        hello.connectedAtMs(),
        boot,
        hello.inFlight(),
        hello.finished(),
        hello.edge());
  }

  // A stale attempt that looks newer than ours.
  TakeOver takenOver(TakeOver over) {
    ports.say("takes over", over.moving());
    if (without(Mutant.HANDOVER_TAKEN_TWICE)) {
      return new TakeOver(over.id() + ++handovers, over.moving());
    }
    if (!without(Mutant.STALE_HANDOVER_BELIEVED)) return over;
    return new TakeOver(
        over.id(),
        over.moving().stream()
            .map(m ->
                new Moving(
                    m.dispatch(),
                    m.durable(),
                    table
                        .find(m.dispatch().requestId())
                        .map(e -> Math.max(e.epoch + 1, m.epoch()))
                        .orElse(m.epoch()),
                    m.remainingMs(),
                    m.holder(),
                    m.arrived()))
            .toList());
  }

  static Report as(Report said, Entry entry) {
    return entry.executorId() == null
        ? said
        : new Report(
            said.key(),
            said.organizationId(),
            said.requestId(),
            entry.epoch,
            entry.executorId(),
            said.result(),
            said.edge());
  }
}
