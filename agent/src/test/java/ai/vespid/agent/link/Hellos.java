package ai.vespid.agent.link;

import ai.vespid.agent.TestGateway;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.executor.ExecutorFrame.Hello;
import java.util.List;
import java.util.Set;

/** What an agent of the tests says first. */
final class Hellos {
  private Hellos() {}

  /** Of an agent that holds nothing and runs one shell task at once. */
  static Hello idle() {
    return new Hello(
        "1",
        TestGateway.EXECUTOR,
        Pool.BYON,
        TestGateway.ORGANIZATION,
        "n",
        List.of(),
        1,
        Set.of(Kind.AGENT_EXECUTE),
        List.of(),
        null,
        "b",
        Set.of(),
        null,
        null);
  }
}
