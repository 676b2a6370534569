/**
 * What can be done with services outside of Vespid: for each action what is sent and what the
 * answer means. Nothing here opens a connection, so the worker and the agent carry out the same
 * actions, each with its own client (contract 5.5 and 7.2).
 */
package ai.vespid.protocol.connector;
