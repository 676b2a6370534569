/**
 * Engines that think on this machine: the command lines of Claude Code, Codex and opencode, each
 * run as a process per task. The programs keep their own loop and login; we tell them what to do on
 * their standard input, read their JSON lines while they work, and end them with all they started.
 */
package ai.vespid.agent.engine;
