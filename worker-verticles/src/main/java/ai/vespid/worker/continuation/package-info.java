/**
 * The continuation poller: leaves results at the nodes that wait for them and wakes their runs. The
 * gateway tells of results at once; a sweep asks for those it did not tell of, and ends what has
 * waited too long.
 *
 * <p>Holds no state but what is under way. The first result of a request counts, so any number of
 * pollers do no harm; when all are gone, blocked runs go on when one is back.
 */
package ai.vespid.worker.continuation;
