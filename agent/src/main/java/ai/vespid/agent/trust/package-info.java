/**
 * Whom the agent believes to be its gateway, how it shows that it is itself, and which way it goes
 * there. Owns no connection. Nothing here is ever left out because it does not work: a certificate,
 * a pin, a list or a proxy that is asked for and cannot be used is a refusal with a code.
 */
package ai.vespid.agent.trust;
