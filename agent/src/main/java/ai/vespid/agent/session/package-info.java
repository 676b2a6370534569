/**
 * Sessions: containers and machines that stay until somebody ends them, over several providers at
 * once (seed 002). What exists is on disk before it is made, so an agent that is killed at any
 * moment finds all of it again and leaves nothing that nobody owns.
 */
package ai.vespid.agent.session;
