/**
 * Scripts in containers of LXC: no daemon, a process of this machine each, confined by the kernel.
 * Wants root. What an agent that was killed left running is found as on the host, by its mark.
 */
package ai.vespid.agent.sandbox.lxc;
