/**
 * The server program: its command line, what becomes of {@code conf/*.json}, and the stores and the
 * agent that {@code vespid up} brings along.
 */
package ai.vespid.server;
