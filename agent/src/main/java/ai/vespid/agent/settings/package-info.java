/**
 * What an operator can set: one table of names, where a value comes from (the environment before
 * the config file before the default), and every problem told at once. Owns no state; read once,
 * when the agent starts.
 */
package ai.vespid.agent.settings;
