package ai.vespid.agent;

import ai.vespid.agent.link.Backoff;
import ai.vespid.agent.link.Link;
import ai.vespid.agent.trust.CommandGate;
import ai.vespid.agent.trust.GatewayTrust;
import ai.vespid.agent.trust.Proxy;

/**
 * How an agent comes to its gateway, and what of it it believes.
 *
 * @param proxy null for none
 * @param gate which commands are obeyed
 */
public record Way(
    GatewayTrust trust, Proxy proxy, CommandGate gate, Link.Pace pace, Backoff.Patience patience) {}
