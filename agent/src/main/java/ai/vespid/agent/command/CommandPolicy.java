package ai.vespid.agent.command;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What this agent lets others have it do (V-45, W-16, W-44).
 *
 * @param commands patterns of names, in which {@code *} stands for anything; none allows nothing
 * @param programs the same, of what may be run in sessions, by the name it is called by; a line for
 *     the shell is the program {@code sh}
 * @param executes whether anything is done at all
 */
public record CommandPolicy(List<String> commands, List<String> programs, boolean executes) {
  /** Everything that has what it needs. */
  public static final CommandPolicy ALL = new CommandPolicy(List.of("*"), List.of("*"), true);

  public CommandPolicy {
    commands = List.copyOf(commands);
    programs = List.copyOf(programs);
  }

  boolean allows(String command) {
    return executes && matches(commands, command);
  }

  boolean allowsProgram(String program) {
    return matches(programs, program);
  }

  private static boolean matches(List<String> patterns, String name) {
    return patterns.stream().flatMap(CommandPolicy::regex).anyMatch(name::matches);
  }

  private static Stream<String> regex(String pattern) {
    return Stream.of(Pattern.quote(pattern).replace("*", "\\E.*\\Q"));
  }
}
