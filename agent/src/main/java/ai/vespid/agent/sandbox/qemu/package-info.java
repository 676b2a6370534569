/**
 * Virtual machines of QEMU, one for each task or session: a kernel of Debian and a few files in
 * memory ({@code qemu-guest} makes them). Machine and agent share two folders and nothing else.
 */
package ai.vespid.agent.sandbox.qemu;
