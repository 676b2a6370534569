/**
 * What a site may add to an agent without changing it: commands, in jars that {@link
 * java.util.ServiceLoader} reads. One that cannot be loaded is left out, and the others go on.
 */
package ai.vespid.agent.plugin;
