package ai.vespid.kit.engine;

import static java.util.stream.Collectors.joining;

import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.engine.Chunk;
import ai.vespid.protocol.engine.Chunk.Delta;
import ai.vespid.protocol.engine.Chunk.Failed;
import ai.vespid.protocol.engine.Chunk.Finish;
import ai.vespid.protocol.engine.Chunk.Reason;
import ai.vespid.protocol.engine.Chunk.ToolCall;
import ai.vespid.protocol.engine.Chunk.Usage;
import ai.vespid.protocol.engine.Inference;
import ai.vespid.protocol.engine.Inference.Said;
import ai.vespid.protocol.engine.Inference.ToolResult;
import ai.vespid.protocol.engine.Inference.User;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Fixed rules instead of a model, so that everything around an engine can be used and tested with
 * no key and no network. Every answer says that it is scripted. Each line of a message is a rule:
 *
 * <pre>
 *   run COMMAND        calls the tool shell.run
 *   call TOOL {JSON}   calls that tool
 *   wait MS            is silent so long
 *   fail               answers nothing and fails
 *   stream COUNT MS    counts, a number every so many milliseconds
 *   recall             tells every message of the conversation
 *   anything else      is said back
 * </pre>
 */
public final class ScriptedEngine implements Engine {
  /** How sessions name it. */
  public static final String ID = "scripted";

  /** What every answer begins with. */
  public static final String LABEL = "[scripted] ";

  private static final long PIECE_MS = 15;
  private static final int WAIT_MS_MAX = 600_000;
  private static final Pattern RUN = Pattern.compile("run (.+)");
  private static final Pattern CALL = Pattern.compile("call (\\S+)\\s*(\\{.*})?");
  private static final Pattern WAIT = Pattern.compile("wait (\\d{1,6})");
  private static final Pattern STREAM = Pattern.compile("stream (\\d{1,4}) (\\d{1,4})");

  /** Does something later. */
  @FunctionalInterface
  public interface Timer {
    void later(long delayMs, Runnable action);
  }

  private final Timer timer;

  public ScriptedEngine(Timer timer) {
    this.timer = timer;
  }

  private record Piece(long delayMs, Chunk chunk) {}

  @Override
  public Call infer(Inference asked, Consumer<Chunk> to) {
    var canceled = new boolean[1];
    speak(new ArrayDeque<>(script(asked)), canceled, to);
    return () -> {
      canceled[0] = true;
      return Future.succeededFuture();
    };
  }

  private void speak(Deque<Piece> pieces, boolean[] canceled, Consumer<Chunk> to) {
    if (pieces.isEmpty()) return;
    timer.later(
        Math.max(1, pieces.peek().delayMs()),
        () -> {
          if (canceled[0]) return;
          to.accept(pieces.poll().chunk());
          speak(pieces, canceled, to);
        });
  }

  // Each tool that was asked for has answered: what comes next is the line behind it.
  private static List<Piece> script(Inference asked) {
    int last = lastMessage(asked.said());
    var lines = last < 0 ? List.of("") : ((User) asked.said().get(last)).text().lines().toList();
    var results = results(asked.said().subList(last + 1, asked.said().size()));
    var pieces = new ArrayList<Piece>();
    var answer = new StringBuilder(LABEL);
    long delayMs = 0;
    long pieceMs = PIECE_MS;
    int called = 0;
    for (var line : lines) {
      var wait = WAIT.matcher(line);
      var stream = STREAM.matcher(line);
      var call = call(line, called);
      if (wait.matches()) {
        delayMs += Math.min(Integer.parseInt(wait.group(1)), WAIT_MS_MAX);
      } else if (stream.matches()) {
        pieceMs = Long.parseLong(stream.group(2));
        answer.append(counted(Integer.parseInt(stream.group(1)))).append('\n');
      } else if (line.equals("fail")) {
        return List.of(new Piece(delayMs, new Failed(ErrorCode.ENGINE_FAILED, "told to fail")));
      } else if (call != null && called == results.size()) {
        pieces.add(new Piece(delayMs, call));
        pieces.add(new Piece(0, new Finish(Reason.TOOL_CALLS)));
        return pieces;
      } else if (call != null) {
        answer.append(told(results.get(called++))).append('\n');
        delayMs = 0;
      } else {
        answer.append(line.equals("recall") ? recalled(asked.said(), last) : "You said: " + line);
        answer.append('\n');
      }
    }
    return spoken(answer.toString().stripTrailing(), delayMs, pieceMs, asked);
  }

  private static String counted(int to) {
    return IntStream.rangeClosed(1, to).mapToObj(Integer::toString).collect(joining(" "));
  }

  private static int lastMessage(List<Said> said) {
    for (int i = said.size() - 1; i >= 0; i--) if (said.get(i) instanceof User) return i;
    return -1;
  }

  private static List<ToolResult> results(List<Said> said) {
    return said.stream().filter(ToolResult.class::isInstance).map(ToolResult.class::cast).toList();
  }

  private static ToolCall call(String line, int index) {
    var run = RUN.matcher(line);
    if (run.matches()) {
      var input = RawJson.from(Map.of("script", run.group(1)));
      return new ToolCall("call-" + index, "shell.run", input);
    }
    var call = CALL.matcher(line);
    if (!call.matches()) return null;
    var input = json(call.group(2) == null ? "{}" : call.group(2));
    return input == null ? null : new ToolCall("call-" + index, call.group(1), input);
  }

  // A person typed it: what is no JSON is no call.
  private static RawJson json(String text) {
    try {
      return Json.read(text.getBytes(StandardCharsets.UTF_8), RawJson.class);
    } catch (InvalidMessage _) {
      return null;
    }
  }

  private static String told(ToolResult result) {
    return result.toolId() + (result.failed() ? " failed: " : " answered: ") + result.text();
  }

  private static String recalled(List<Said> said, int before) {
    var told = new StringBuilder("So far you said:");
    for (var one : said.subList(0, before)) {
      if (one instanceof User user) told.append("\n- ").append(user.text());
    }
    return told.toString();
  }

  // A word at a time, the blanks with it.
  private static List<Piece> spoken(String answer, long delayMs, long pieceMs, Inference asked) {
    var pieces = new ArrayList<Piece>();
    for (var word : answer.split("(?<=\\s)")) {
      pieces.add(new Piece(pieces.isEmpty() ? delayMs : pieceMs, new Delta(word)));
    }
    long heard = asked.said().stream().mapToLong(Said::chars).sum();
    pieces.add(new Piece(0, new Usage(heard / 4, answer.length() / 4)));
    pieces.add(new Piece(0, new Finish(Reason.STOP)));
    return pieces;
  }
}
