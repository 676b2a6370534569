/**
 * Engines as those who ask them see them: a provider in this process and one on another node look
 * the same. What they are asked and say is in {@code protocol.engine}.
 */
package ai.vespid.kit.engine;
