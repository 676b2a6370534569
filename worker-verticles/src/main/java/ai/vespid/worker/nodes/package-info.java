/**
 * What single nodes do: requests and connector actions in this process, and the dispatches of
 * remote ones. Whatever goes wrong becomes a failed result with a code. Holds no state.
 */
package ai.vespid.worker.nodes;
