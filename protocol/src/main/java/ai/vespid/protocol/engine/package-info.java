/**
 * What an engine is asked and what it streams back, whichever provider stands behind it. The same
 * records travel to an engine on another node.
 */
package ai.vespid.protocol.engine;
