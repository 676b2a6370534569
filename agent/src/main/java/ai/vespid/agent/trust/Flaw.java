package ai.vespid.agent.trust;

/**
 * One thing that is wrong with what the agent was told of trust.
 *
 * @param code its name, which does not change
 * @param remedy what to do about it
 */
public record Flaw(String code, String what, String remedy) {}
