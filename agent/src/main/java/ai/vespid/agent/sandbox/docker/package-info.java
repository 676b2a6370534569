/**
 * Scripts in containers of a Docker engine: one container for each, made with every limit, watched
 * until it ends, and removed. What an agent that was killed left behind is known by its labels.
 */
package ai.vespid.agent.sandbox.docker;
