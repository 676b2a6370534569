/**
 * The gateway's own store for the files of runs: agents fetch and put archives with signed URLs,
 * straight into PostgreSQL, one piece at a time. No object store has to be set up first.
 *
 * <p>Holds no state: every request is complete in itself.
 */
package ai.vespid.gateway.workspaces;
