package ai.vespid.agent.command;

import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.agent.session.SessionFailed;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.Timestamps;
import ai.vespid.protocol.command.CommandCall;
import ai.vespid.protocol.command.CommandResult;
import ai.vespid.protocol.command.CommandResult.Status;
import ai.vespid.protocol.command.CommandShape;
import ai.vespid.protocol.command.Commands;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one executor of commands, for dispatches and for everything else that may bring one (W-15):
 * the same checks, the same log, exactly one result. What is not on its lists, or not of the shape
 * the catalogue states, is denied and nothing is done.
 *
 * <p>Safe for many threads; each command blocks its own.
 */
public final class CommandDesk {
  private static final Logger LOG = LoggerFactory.getLogger(CommandDesk.class);

  private final String nodeId;
  private final CommandPolicy policy;
  private final Map<String, Handler> handlers;
  private final InstantSource clock;
  private final Map<Status, LongAdder> counts = new ConcurrentHashMap<>();

  CommandDesk(
      String nodeId, CommandPolicy policy, Map<String, Handler> handlers, InstantSource clock) {
    this.nodeId = nodeId;
    this.policy = policy;
    this.handlers = new LinkedHashMap<>(handlers);
    this.clock = clock;
  }

  /** One that takes no command. */
  public static CommandDesk closed() {
    return new CommandDesk("", CommandPolicy.ALL, Map.of(), InstantSource.system());
  }

  /** What can be asked for now: allowed, and with all that it needs. */
  public List<String> offered() {
    return handlers.entrySet().stream()
        .filter(entry -> policy.allows(entry.getKey()) && entry.getValue().available())
        .map(Map.Entry::getKey)
        .toList();
  }

  /** How many commands ended in which way. */
  public Map<String, Long> counts() {
    var shown = new LinkedHashMap<String, Long>();
    for (var status : Status.values()) {
      shown.put(
          status.name().toLowerCase(Locale.ROOT),
          counts.getOrDefault(status, new LongAdder()).sum());
    }
    return shown;
  }

  /**
   * Carries out a command.
   *
   * @param secret JSON object of the arguments that are secret, or null
   */
  public CommandResult run(
      CommandCall call,
      String secret,
      long timeoutMs,
      int outputCharsMax,
      Cancellation cancellation) {
    long began = System.nanoTime();
    var outcome = outcome(call, secret, timeoutMs, outputCharsMax, cancellation);
    var result =
        new CommandResult(
            call.id(),
            nodeId,
            call.name(),
            outcome.status(),
            outcome.output() == null ? null : RawJson.from(outcome.output()),
            outcome.code(),
            outcome.error(),
            (System.nanoTime() - began) / 1_000_000,
            Timestamps.iso(clock.instant()));
    counts.computeIfAbsent(result.status(), _ -> new LongAdder()).increment();
    LOG.atInfo()
        .addKeyValue("command", result.command())
        .addKeyValue("id", result.id())
        .addKeyValue("outcome", result.status())
        .addKeyValue("code", result.code())
        .addKeyValue("durationMs", result.durationMs())
        .log("a command has ended");
    return result;
  }

  private Outcome outcome(
      CommandCall call,
      String secret,
      long timeoutMs,
      int outputCharsMax,
      Cancellation cancellation) {
    if (!policy.executes()) {
      return Outcome.denied(ErrorCode.EXECUTION_DISABLED.name(), "this agent executes nothing");
    }
    var shape = Commands.find(call.name()).orElse(null);
    if (shape == null) return refused(call.name(), "UNKNOWN_VERB", Commands.unknown(call.name()));
    var handler = handlers.get(call.name());
    if (!policy.allows(call.name()) || handler == null) {
      return Outcome.denied("UNKNOWN_VERB", call.name() + " is not allowed on this agent");
    }
    try {
      var args = object(call.args());
      var secrets = secret == null ? JsonNodeFactory.instance.objectNode() : object(secret);
      check(shape, args, secrets);
      if (!handler.available()) {
        return Outcome.denied("SCRIPT_NOT_FOUND", call.name() + " lacks what it needs here");
      }
      return handler.handle(
          new Request(call.name(), args, secrets, timeoutMs, outputCharsMax, cancellation));
    } catch (InvalidMessage e) {
      return refused(call.name(), "VALIDATION_FAILED", said(e));
    } catch (SessionFailed e) {
      return e.timeout()
          ? Outcome.timeout(e.getMessage(), null)
          : Outcome.failed(code(e), e.getMessage(), null);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Outcome.failed("CANCELED", "it was cancelled", null);
    } catch (IOException | RuntimeException | OutOfMemoryError | StackOverflowError e) {
      // Errors too: a command without a result would be waited for until its deadline.
      LOG.atWarn()
          .addKeyValue("command", call.name())
          .addKeyValue("cause", e.getClass().getSimpleName())
          .log("a command failed unexpectedly");
      return Outcome.failed("INTERNAL", "an unexpected error; the agent's log has it", null);
    }
  }

  // What stands before the colon, when that is a code; else that of all.
  private static String code(SessionFailed e) {
    var first = e.getMessage().split("[: ]", 2)[0];
    return first.matches("[A-Z][A-Z_]{3,}") ? first : "SESSION_FAILED";
  }

  // A message that names its argument already says all of it.
  private static String said(InvalidMessage e) {
    return e.getMessage().endsWith(" parameter required")
        ? e.field() + " parameter required"
        : e.getMessage();
  }

  // The seeds call it failed for their typed commands and denied for their verbs; nothing runs.
  private static Outcome refused(String name, String code, String error) {
    boolean typed = name.indexOf('.') >= 0;
    return typed ? Outcome.failed(code, error, null) : Outcome.denied(code, error);
  }

  private static void check(CommandShape shape, ObjectNode args, ObjectNode secrets) {
    var all = args.deepCopy();
    for (var entry : secrets.properties()) all.set(entry.getKey(), entry.getValue());
    shape.check(all);
    // One that came with the others has been seen already, in a table perhaps.
    if (!shape.halves(args).secret().isEmpty()) {
      throw new InvalidMessage("args", "holds a secret that has to come apart");
    }
  }

  private static ObjectNode object(RawJson json) {
    return object(json.text());
  }

  private static ObjectNode object(String json) {
    var node = Json.read(json.getBytes(StandardCharsets.UTF_8), JsonNode.class);
    if (node instanceof ObjectNode object) return object;
    throw new InvalidMessage("args", "must be an object");
  }
}
