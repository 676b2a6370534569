package ai.vespid.agent.engine;

import ai.vespid.agent.engine.EngineAnswer.Meta;
import ai.vespid.agent.engine.EngineAnswer.Raw;
import ai.vespid.agent.engine.EngineAnswer.ToolUse;
import ai.vespid.protocol.ErrorCode;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What an engine has said and done so far, in words that all of them share. Tells it on as events,
 * and stops an engine that goes beyond its bounds: more turns or tool calls than it may, or a tool
 * where none is allowed.
 *
 * <p>Safe for use by many threads.
 */
final class Transcript {
  private static final int EVENT_CHARS_MAX = 16_000;
  private static final int TOOL_CHARS_MAX = 8_000;

  private final EngineCall call;
  private final EventStream events;
  private final Runnable stop;
  private final Map<String, ToolUse> tools = new LinkedHashMap<>();
  private final List<String> texts = new ArrayList<>();
  private String turnId;
  private String model;
  private int turns;
  private boolean streamed;
  private Long inputTokens;
  private Long outputTokens;
  private String answer;
  private boolean finished;
  private String failure;
  private String warning;
  private String stopped;

  /**
   * @param stop ends the engine
   */
  Transcript(EngineCall call, EventStream events, Runnable stop) {
    this.call = call;
    this.events = events;
    this.stop = stop;
  }

  synchronized void model(String name) {
    if (name != null) model = name;
  }

  /**
   * The engine begins to think anew.
   *
   * @param id the same for all that belongs to one turn; null when it is told only once
   */
  synchronized void turn(String id) {
    if (id != null && id.equals(turnId)) return;
    turnId = id;
    turns++;
    texts.clear();
    streamed = false;
    if (turns > call.bounds().turnsMax()) stop(ErrorCode.AGENT_MAX_TURNS.name());
    else events.event("agent.turn_started", Map.of("turn", turns));
  }

  /** A piece of a text that {@link #message} will say whole. */
  synchronized void delta(String text) {
    streamed = true;
    events.delta(turns, text);
  }

  /** A whole text of this turn. */
  synchronized void message(String text) {
    if (!streamed) events.delta(turns, text);
    streamed = false;
    texts.add(text);
    events.event("agent.assistant_message", Map.of("turn", turns, "content", cut(text)));
  }

  /** A whole text that takes the place of what this turn said before. */
  synchronized void answer(String text) {
    texts.clear();
    message(text);
  }

  /** Does nothing when this call was told already. */
  synchronized void toolCall(String id, String toolId, JsonNode input) {
    if (tools.containsKey(id)) return;
    var ours = call.tools().idOf(toolId);
    var use = new ToolUse(tools.size() + 1, ours.orElse(toolId), "running", cut(input), null);
    tools.put(id, use);
    var told = about(use);
    if (use.input() != null) told.put("input", use.input());
    events.event("agent.tool_call", told);
    if (!call.mayWork() && ours.isEmpty()) stop(ErrorCode.TOOL_NOT_ALLOWED.with(toolId));
    else if (tools.size() > call.bounds().toolCallsMax()) {
      stop(ErrorCode.AGENT_MAX_TOOL_CALLS.name());
    }
  }

  synchronized void toolResult(String id, JsonNode output, boolean failed) {
    var use = tools.computeIfPresent(id, (_, running) -> running.ended(failed, cut(output)));
    if (use == null) return;
    var told = about(use);
    told.put("status", use.status());
    if (use.output() != null) told.put("output", use.output());
    events.event("agent.tool_result", told);
  }

  private Map<String, Object> about(ToolUse use) {
    var about = new LinkedHashMap<String, Object>();
    about.put("turn", turns);
    about.put("callIndex", use.callIndex());
    about.put("toolId", use.toolId());
    return about;
  }

  /** Adds to what the run took. */
  synchronized void usage(long input, long output) {
    inputTokens = (inputTokens == null ? 0 : inputTokens) + input;
    outputTokens = (outputTokens == null ? 0 : outputTokens) + output;
  }

  /**
   * The run has come to its end.
   *
   * @param text the answer; null when it is what the last turn said
   */
  synchronized void finished(String text) {
    finished = true;
    answer = text;
  }

  /** The engine gives up. */
  synchronized void failed(String why) {
    failure = why;
  }

  /** Something went wrong that the engine may still get over. */
  synchronized void warned(String why) {
    warning = why;
    events.warn("agent.warning", cut(why));
  }

  private void stop(String error) {
    if (stopped != null) return;
    stopped = error;
    stop.run();
  }

  /** The bound that the engine was stopped at; null when it was not. */
  synchronized String stopped() {
    return stopped;
  }

  synchronized boolean succeeded() {
    return finished && failure == null && stopped == null;
  }

  /** Why there is no answer, as the engine says; null when it does not say. */
  synchronized String complaint() {
    return failure == null ? warning : failure;
  }

  /** The end, as it is told. */
  synchronized Map<String, Object> told() {
    return Map.of("turn", turns, "toolCalls", tools.size(), "output", cut(text()));
  }

  private String text() {
    return answer == null ? String.join("\n\n", texts) : answer;
  }

  /** What there is now. */
  synchronized EngineAnswer answer(String engine, Raw raw) {
    var text = text();
    int max = call.bounds().outputCharsMax();
    boolean tooLong = text.length() > max;
    return new EngineAnswer(
        tooLong ? text.substring(0, max) : text,
        tooLong ? true : null,
        null,
        List.copyOf(tools.values()),
        raw,
        new Meta(engine, model, turns, tools.size(), inputTokens, outputTokens));
  }

  private static String cut(String text) {
    return text.length() <= EVENT_CHARS_MAX ? text : text.substring(0, EVENT_CHARS_MAX);
  }

  // What is longer is told as a text of what fits.
  private static JsonNode cut(JsonNode value) {
    if (value == null) return null;
    var text = value.isTextual() ? value.asText() : value.toString();
    return text.length() <= TOOL_CHARS_MAX
        ? value
        : TextNode.valueOf(text.substring(0, TOOL_CHARS_MAX));
  }
}
