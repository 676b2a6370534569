/**
 * How the two ends of an executor link know each other beyond the agent's token: certificates that
 * an authority vouches for and nobody revoked, and signed frames. Both ends judge by the same code.
 */
package ai.vespid.protocol.trust;
