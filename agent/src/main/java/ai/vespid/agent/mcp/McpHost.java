package ai.vespid.agent.mcp;

import ai.vespid.agent.trust.Outward;
import java.time.Duration;
import java.util.function.UnaryOperator;

/**
 * The agent as servers meet it.
 *
 * @param bootId this process; every program it starts is marked with it
 * @param answerMax how long a server may take to start, and to say what tools it has
 * @param environment looks a variable of the agent up; null when there is none
 * @param outward the way to those that are reached by HTTP
 */
public record McpHost(
    String bootId,
    String agentVersion,
    Duration answerMax,
    UnaryOperator<String> environment,
    Outward outward) {}
