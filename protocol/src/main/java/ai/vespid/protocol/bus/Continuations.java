package ai.vespid.protocol.bus;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.RawJson;

/**
 * What workers want to know of the dispatches they wait for, told as soon as the gateway knows it.
 *
 * <pre>
 * router                     continuation pollers
 *   Arrived  -------------->   leave it at the node that waits for it
 * edge
 *   Progressed ------------>   keep it as an event of the run
 * </pre>
 *
 * <p>A lost result is found by the pollers' sweep; a lost event is lost.
 */
public sealed interface Continuations extends Message {
  Topic<Continuations> NEWS = Topic.everywhere("continuations");

  /** The terminal result of a durable dispatch is stored. */
  record Arrived(String requestId, DispatchResult result) implements Continuations {}

  /** An executor told about a dispatch that it holds (contract 1.2). */
  record Progressed(String requestId, RawJson event) implements Continuations {}
}
