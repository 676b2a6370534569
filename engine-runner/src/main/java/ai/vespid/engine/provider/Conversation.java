package ai.vespid.engine.provider;

import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.engine.Chunk.ToolCall;
import ai.vespid.protocol.engine.Inference;
import ai.vespid.protocol.engine.Inference.Assistant;
import ai.vespid.protocol.engine.Inference.ToolResult;
import ai.vespid.protocol.engine.Inference.User;
import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What an engine is told, in the words of LangChain4j. */
final class Conversation {
  /** Where LangChain4j keeps the signature of a message of Gemini. */
  static final String SIGNATURE = "thinking_signature";

  private static final String NOTHING = "(nothing)";

  private final ToolNames names;
  private final Inference asked;
  private final List<ChatMessage> messages = new ArrayList<>();
  // The last message of the engine with a signature, to which calls without one belong.
  private final List<ToolCall> signedCalls = new ArrayList<>();
  private String signedText = "";
  private int signedAt = -1;

  Conversation(Inference asked, ToolNames names) {
    this.asked = asked;
    this.names = names;
  }

  ChatRequest request() {
    system();
    var calls = new ArrayList<ToolCall>();
    var text = new StringBuilder();
    for (var said : asked.said()) {
      // What an engine said before a call and the call itself are one message to providers.
      if (!(said instanceof Assistant)) close(text, calls);
      switch (said) {
        case Inference.System _ -> {}
        case User(var message) -> messages.add(UserMessage.from(shown(message)));
        case Assistant(var message, var wanted) when goesOn(message, wanted, calls) -> {
          signedCalls.addAll(wanted);
          messages.set(signedAt, ai(signedText, signedCalls));
        }
        case Assistant(var message, var wanted) -> {
          if (!calls.isEmpty()) close(text, calls);
          if (!message.isBlank()) text.append(text.isEmpty() ? "" : "\n\n").append(message);
          calls.addAll(wanted);
        }
        case ToolResult result -> messages.add(result(result));
      }
    }
    close(text, calls);
    // Somebody has to have said something.
    if (messages.stream().allMatch(SystemMessage.class::isInstance)) {
      messages.add(UserMessage.from(NOTHING));
    }
    var request = ChatRequest.builder().messages(messages);
    if (!asked.tools().isEmpty()) {
      request.toolSpecifications(asked.tools().stream().map(this::tool).toList());
    }
    return request.build();
  }

  // One of them, in front: not every provider takes more, or takes them later.
  private void system() {
    var text =
        asked.said().stream()
            .filter(Inference.System.class::isInstance)
            .map(said -> ((Inference.System) said).text())
            .filter(one -> !one.isBlank())
            .collect(Collectors.joining("\n\n"));
    if (!text.isEmpty()) messages.add(SystemMessage.from(text));
  }

  private void close(StringBuilder text, List<ToolCall> calls) {
    if (text.isEmpty() && calls.isEmpty()) return;
    if (signature(calls) != null) {
      signedAt = messages.size();
      signedText = text.toString();
      signedCalls.clear();
      signedCalls.addAll(calls);
    }
    messages.add(ai(text.toString(), calls));
    text.setLength(0);
    calls.clear();
  }

  // What was wanted at once was carried out one after the other. It is told as it was said, for
  // only the first of it is signed, and one without a signature is refused.
  private boolean goesOn(String message, List<ToolCall> wanted, List<ToolCall> open) {
    boolean unsigned = !wanted.isEmpty() && signature(wanted) == null;
    return unsigned
        && message.isBlank()
        && open.isEmpty()
        && signedAt >= 0
        && messages.subList(signedAt + 1, messages.size()).stream()
            .allMatch(ToolExecutionResultMessage.class::isInstance);
  }

  private static String signature(List<ToolCall> calls) {
    return calls.isEmpty() ? null : calls.getFirst().signature();
  }

  private AiMessage ai(String text, List<ToolCall> calls) {
    var message = AiMessage.builder().text(text.isEmpty() ? null : text);
    message.toolExecutionRequests(calls.stream().map(this::call).toList());
    var signature = signature(calls);
    if (signature != null) message.attributes(Map.of(SIGNATURE, signature));
    return message.build();
  }

  private ToolExecutionRequest call(ToolCall call) {
    return ToolExecutionRequest.builder()
        .id(call.id())
        .name(names.of(call.toolId()))
        .arguments(object(call.input()))
        .build();
  }

  // What was no object when the engine said it cannot be told as one.
  private static String object(RawJson input) {
    return input.size() > 0 && input.bytes()[0] == '{' ? input.text() : "{}";
  }

  private ChatMessage result(ToolResult result) {
    var text = result.failed() ? "failed: " + result.text() : result.text();
    return ToolExecutionResultMessage.from(result.callId(), names.of(result.toolId()), shown(text));
  }

  private ToolSpecification tool(Inference.Tool tool) {
    return ToolSpecification.builder()
        .name(names.of(tool.id()))
        .description(tool.description())
        .parameters(Schemas.object(tool.inputSchema()))
        .build();
  }

  // Providers refuse texts without a character.
  private static String shown(String text) {
    return text.isBlank() ? NOTHING : text;
  }

  /**
   * What an engine wants done. No input at all is an empty one; what is no JSON is told as a text,
   * which no tool takes, so that the engine hears of it.
   *
   * @param signature null when it is not signed
   */
  static ToolCall call(ToolExecutionRequest wanted, int index, ToolNames names, String signature) {
    var id = wanted.id() == null || wanted.id().isBlank() ? "call-" + index : wanted.id();
    var arguments = wanted.arguments();
    var toolId = names.toolId(wanted.name());
    if (arguments == null || arguments.isBlank()) {
      return new ToolCall(id, toolId, RawJson.of("{}"), signature);
    }
    try {
      var input = Json.read(arguments.strip().getBytes(StandardCharsets.UTF_8), RawJson.class);
      return new ToolCall(id, toolId, input, signature);
    } catch (InvalidMessage e) {
      return new ToolCall(id, toolId, RawJson.from(arguments), signature);
    }
  }
}
