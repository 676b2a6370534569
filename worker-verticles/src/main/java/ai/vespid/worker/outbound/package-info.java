/**
 * How the worker calls services outside: through one client that looks at where an address really
 * leads before it connects, so that a workflow cannot reach what only the worker may.
 */
package ai.vespid.worker.outbound;
