package ai.vespid.gateway.dispatch;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.ResultStatus;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Map;

/** What the router counts. Failures are counted by code; agents' own texts share one. */
final class RouterMeters implements Intake.Counts {
  private final MeterRegistry registry;
  private final Counter submittedSync;
  private final Counter submittedAsync;
  private final Counter succeeded;
  private final Counter unwanted;
  private final Map<ErrorCode, Counter> failed = new EnumMap<>(ErrorCode.class);
  private final Map<ErrorCode, Counter> refused = new EnumMap<>(ErrorCode.class);

  RouterMeters(MeterRegistry registry, DispatchTable table, ExecutorDirectory directory) {
    this.registry = registry;
    submittedSync = registry.counter("vespid.dispatch.submitted", "mode", "sync");
    submittedAsync = registry.counter("vespid.dispatch.submitted", "mode", "async");
    succeeded = registry.counter("vespid.dispatch.finished", "outcome", "succeeded");
    unwanted = registry.counter("vespid.dispatch.reports.unwanted");
    registry.gauge("vespid.dispatch.open", table, DispatchTable::size);
    // They take room until their dispatch is told, or a grace is over.
    registry.gauge("vespid.dispatch.orphans", table, one -> one.handover().orphans().size());
    registry.gauge("vespid.dispatch.queued", table.queue(), WaitQueue::size);
    registry.gauge("vespid.dispatch.executors", directory, ExecutorDirectory::connected);
  }

  @Override
  public void submitted(boolean async) {
    (async ? submittedAsync : submittedSync).increment();
  }

  @Override
  public void refused(ErrorCode code) {
    refused
        .computeIfAbsent(code, c -> registry.counter("vespid.dispatch.refused", "code", c.name()))
        .increment();
  }

  void finished(DispatchResult result) {
    if (result.status() == ResultStatus.SUCCEEDED) {
      succeeded.increment();
      return;
    }
    failed
        .computeIfAbsent(
            codeOf(result.error()),
            c -> registry.counter("vespid.dispatch.finished", "outcome", c.name()))
        .increment();
  }

  void unwanted() {
    unwanted.increment();
  }

  private static ErrorCode codeOf(String error) {
    if (error == null) return ErrorCode.NODE_EXECUTION_FAILED;
    var name = error.contains(":") ? error.substring(0, error.indexOf(':')) : error;
    try {
      return ErrorCode.valueOf(name);
    } catch (IllegalArgumentException e) {
      return ErrorCode.NODE_EXECUTION_FAILED;
    }
  }
}
