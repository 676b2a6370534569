package ai.vespid.protocol.command;

import ai.vespid.protocol.InvalidMessage;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;

/**
 * What one command is called and takes. An argument that is missing, that is not what it must be,
 * or that nobody knows is refused before anything is done.
 *
 * @param open whether it takes any others, too, as those of plugins do: only they know theirs
 */
public record CommandShape(String name, List<Argument> arguments, boolean open) {
  private static final String SECRET_PREFIX = "secret_";

  /** One that takes these and no others. */
  public CommandShape(String name, List<Argument> arguments) {
    this(name, arguments, false);
  }

  public CommandShape {
    arguments = List.copyOf(arguments);
  }

  /** Arguments in two halves: what may be seen, and what may not. */
  public record Halves(ObjectNode open, ObjectNode secret) {}

  /**
   * @param args an object, or null for none
   * @throws InvalidMessage naming the argument
   */
  public void check(JsonNode args) {
    if (args != null && !args.isNull() && !args.isObject()) {
      throw new InvalidMessage("args", "must be an object");
    }
    for (var argument : arguments) argument.check(args == null ? null : args.get(argument.name()));
    if (args == null || open) return;
    for (var entry : args.properties()) {
      if (find(entry.getKey()).isEmpty()) {
        throw new InvalidMessage("args", name + " takes no other arguments than " + names());
      }
    }
  }

  private List<String> names() {
    return arguments.stream().map(Argument::name).toList();
  }

  private Optional<Argument> find(String argument) {
    return arguments.stream().filter(one -> one.name().equals(argument)).findFirst();
  }

  /** Takes the secrets out of checked arguments. */
  public Halves halves(JsonNode args) {
    var open = JsonNodeFactory.instance.objectNode();
    var secret = JsonNodeFactory.instance.objectNode();
    if (args != null) {
      for (var entry : args.properties()) {
        boolean unknown = !this.open || entry.getKey().startsWith(SECRET_PREFIX);
        boolean hidden = find(entry.getKey()).map(Argument::secret).orElse(unknown);
        (hidden ? secret : open).set(entry.getKey(), entry.getValue());
      }
    }
    return new Halves(open, secret);
  }

  /** True for a verb of seed 003, false for {@code type.action} of seed 002. */
  public boolean verb() {
    return name.indexOf('.') < 0;
  }
}
