/**
 * What is said about interactive sessions: the frames of {@code /ws/client} (contract 2) and the
 * records that the bus, the control API and the frames share. Jackson only.
 */
package ai.vespid.protocol.session;
