package ai.vespid.gateway.dispatch;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.bus.Dispatch;
import ai.vespid.protocol.bus.Route;

/** What the table wants done. The verticle does it and tells the table how it went. */
sealed interface Decision {
  /** Write this dispatch and its assignment durably, then call {@code persisted}. */
  record Persist(Dispatch dispatch, boolean first, int epoch, Route assigned, long deadlineMs)
      implements Decision {}

  /** Find the newest version of the run's files, then call {@code workspaceLoaded}. */
  record LoadWorkspace(String organizationId, String runId) implements Decision {}

  /**
   * Hand the dispatch to the edge of this route, then call {@code offerAnswered}.
   *
   * @param again it was handed to it before and nobody knows whether it arrived: it may be over
   */
  record Offer(
      Dispatch dispatch,
      Route route,
      int epoch,
      int remainingMs,
      WorkspaceHead workspace,
      boolean again)
      implements Decision {}

  /**
   * Ask the edge of this route to give up an attempt that another home offered, or did not, then
   * call {@code askedBack}.
   */
  record Withdraw(Route route, String requestId, int epoch) implements Decision {}

  /** Tell the holder to stop. */
  record Cancel(Route route, String requestId, int epoch, String reason) implements Decision {}

  /**
   * This is the terminal result: commit {@code files} when not null, store it, answer who waits,
   * then call {@code settled}.
   */
  record Finish(
      Dispatch dispatch, boolean durable, int epoch, DispatchResult result, WorkspaceHead files)
      implements Decision {}
}
