/**
 * The way from the worker to the gateway: over HTTP with the service token, as any worker would
 * (contract 3.1), so that workers can run anywhere. Holds no state.
 */
package ai.vespid.worker.gateway;
