/**
 * The failover manager: the sweep behind the messages. What a home that died leaves behind is taken
 * over at once by the next home; what a lost message left nobody's is found here in the database
 * and given to the home it belongs to, which takes it by compare-and-set on its row.
 *
 * <p>Holds no state. One node of the cluster sweeps; two that both believe they are it do no harm.
 */
package ai.vespid.gateway.failover;
