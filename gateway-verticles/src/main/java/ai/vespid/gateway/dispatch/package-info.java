/**
 * The dispatch router: it decides which agent does what, and owns every dispatch of its
 * organizations until its one terminal result is stored.
 *
 * <p>{@link ai.vespid.gateway.dispatch.DispatchTable} holds all rules and no I/O; {@link
 * ai.vespid.gateway.dispatch.ExecutorDirectory} knows who is connected and what they hold; {@link
 * ai.vespid.gateway.dispatch.WaitQueue} says who is next. The verticle around them carries their
 * decisions out.
 *
 * <p>After a restart the table is rebuilt from open rows of {@code dispatches} and from what agents
 * say in their hello; synchronous dispatches of the process that died are lost with their callers'
 * connections.
 */
package ai.vespid.gateway.dispatch;
