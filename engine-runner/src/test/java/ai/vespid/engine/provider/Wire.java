package ai.vespid.engine.provider;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/** What providers put on the wire, as their interfaces document it. */
public enum Wire {
  OPENAI {
    @Override
    public String opening() {
      return chunk(new JsonObject().put("role", "assistant").put("content", ""), null);
    }

    @Override
    public String text(String piece) {
      return chunk(new JsonObject().put("content", piece), null);
    }

    @Override
    public String[] toolCall(String id, String name, String arguments) {
      int half = arguments.length() / 2;
      return new String[] {
        chunk(calls(id, name, ""), null),
        chunk(calls(null, null, arguments.substring(0, half)), null),
        chunk(calls(null, null, arguments.substring(half)), null)
      };
    }

    private JsonObject calls(String id, String name, String arguments) {
      var function = new JsonObject().put("arguments", arguments);
      var call = new JsonObject().put("index", 0).put("function", function);
      if (id != null) call.put("id", id).put("type", "function");
      if (name != null) function.put("name", name);
      return new JsonObject().put("tool_calls", new JsonArray().add(call));
    }

    @Override
    public String[] closing(String reason, int in, int out) {
      var usage =
          new JsonObject()
              .put("prompt_tokens", in)
              .put("completion_tokens", out)
              .put("total_tokens", in + out);
      var last = envelope().put("choices", new JsonArray()).put("usage", usage);
      return new String[] {chunk(new JsonObject(), reason), "data: " + last, "data: [DONE]"};
    }

    private JsonObject envelope() {
      return new JsonObject()
          .put("id", "chatcmpl-1")
          .put("object", "chat.completion.chunk")
          .put("created", 1_793_491_200)
          .put("model", "gpt-x");
    }

    private String chunk(JsonObject delta, String reason) {
      var choice =
          new JsonObject().put("index", 0).put("delta", delta).put("finish_reason", reason);
      return "data: " + envelope().put("choices", new JsonArray().add(choice));
    }

    @Override
    public String stop() {
      return "stop";
    }

    @Override
    public String tools() {
      return "tool_calls";
    }
  },
  ANTHROPIC {
    @Override
    public String opening() {
      return """
      event: message_start
      data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant",\
      "model":"claude-x","content":[],"stop_reason":null,"stop_sequence":null,\
      "usage":{"input_tokens":7,"output_tokens":1}}}

      event: content_block_start
      data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

      event: ping
      data: {"type":"ping"}\
      """;
    }

    @Override
    public String text(String piece) {
      var delta = new JsonObject().put("type", "text_delta").put("text", piece);
      return event("content_block_delta", 0, "delta", delta);
    }

    @Override
    public String[] toolCall(String id, String name, String arguments) {
      var block =
          new JsonObject()
              .put("type", "tool_use")
              .put("id", id)
              .put("name", name)
              .put("input", new JsonObject());
      int half = arguments.length() / 2;
      return new String[] {
        event("content_block_stop", 0, null, null),
        event("content_block_start", 1, "content_block", block),
        event("content_block_delta", 1, "delta", input(arguments.substring(0, half))),
        event("content_block_delta", 1, "delta", input(arguments.substring(half))),
        event("content_block_stop", 1, null, null)
      };
    }

    private JsonObject input(String part) {
      return new JsonObject().put("type", "input_json_delta").put("partial_json", part);
    }

    private String event(String type, int index, String key, JsonObject value) {
      var data = new JsonObject().put("type", type).put("index", index);
      if (key != null) data.put(key, value);
      return "event: " + type + "\ndata: " + data;
    }

    @Override
    public String[] closing(String reason, int in, int out) {
      return new String[] {
        event("content_block_stop", 0, null, null),
        """
        event: message_delta
        data: {"type":"message_delta","delta":{"stop_reason":"%s","stop_sequence":null},\
        "usage":{"output_tokens":%d}}\
        """
            .formatted(reason, out),
        "event: message_stop\ndata: {\"type\":\"message_stop\"}"
      };
    }

    @Override
    public String stop() {
      return "end_turn";
    }

    @Override
    public String tools() {
      return "tool_use";
    }
  },
  GEMINI {
    @Override
    public String opening() {
      return part(new JsonObject().put("text", ""), null, 0, 0);
    }

    @Override
    public String text(String piece) {
      return part(new JsonObject().put("text", piece), null, 7, 1);
    }

    @Override
    public String[] toolCall(String id, String name, String arguments) {
      var call = new JsonObject().put("name", name).put("args", new JsonObject(arguments));
      return new String[] {part(new JsonObject().put("functionCall", call), null, 7, 1)};
    }

    @Override
    public String[] closing(String reason, int in, int out) {
      return new String[] {part(new JsonObject().put("text", ""), reason, in, out)};
    }

    private String part(JsonObject part, String reason, int in, int out) {
      var content = new JsonObject().put("parts", new JsonArray().add(part)).put("role", "model");
      var candidate = new JsonObject().put("content", content).put("index", 0);
      if (reason != null) candidate.put("finishReason", reason);
      var usage =
          new JsonObject()
              .put("promptTokenCount", in)
              .put("candidatesTokenCount", out)
              .put("totalTokenCount", in + out);
      return "data: "
          + new JsonObject()
              .put("candidates", new JsonArray().add(candidate))
              .put("usageMetadata", usage)
              .put("modelVersion", "gemini-x")
              .put("responseId", "r-1");
    }

    @Override
    public String stop() {
      return "STOP";
    }

    @Override
    public String tools() {
      return "STOP";
    }
  };

  /** How an answer begins. */
  public abstract String opening();

  /** A piece of text. */
  public abstract String text(String piece);

  /** A wish for a tool, in the pieces it comes in. */
  public abstract String[] toolCall(String id, String name, String arguments);

  /** How it ends. */
  public abstract String[] closing(String reason, int in, int out);

  /** The reason of an end that is one. */
  public abstract String stop();

  /** The reason of an end that wants tools. */
  public abstract String tools();
}
