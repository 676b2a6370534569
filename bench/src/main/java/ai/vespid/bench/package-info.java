/**
 * The load generator. It measures any system that speaks the public protocol: it plays the callers
 * (HTTP) and the agents (WebSocket), checks every answer, and says at what rate and latency the
 * answers were right.
 *
 * <p>Callers and agents share one event loop, so nothing in here is locked; the system under test
 * is always another process. State lives for one run only. The scenario {@code route} is the
 * exception: JMH runs a benchmark that stands in the package of the gateway it times.
 */
package ai.vespid.bench;
