package ai.vespid.engine.provider;

import ai.vespid.protocol.engine.Chunk;
import ai.vespid.protocol.engine.Chunk.Delta;
import ai.vespid.protocol.engine.Chunk.Finish;
import ai.vespid.protocol.engine.Chunk.Reason;
import ai.vespid.protocol.engine.Chunk.Usage;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.output.FinishReason;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Hears one answer: hands on its text while it comes, the rest when it is complete. */
final class Hearing implements StreamingChatResponseHandler {
  private final ToolNames names;
  private final int charsMax;
  private final Consumer<Chunk> to;
  private final Runnable enough;
  private ChatResponse response;
  private Throwable error;
  private int chars;
  private boolean cut;

  /**
   * @param charsMax what is longer is cut there
   * @param enough called when it was
   */
  Hearing(ToolNames names, int charsMax, Consumer<Chunk> to, Runnable enough) {
    this.names = names;
    this.charsMax = charsMax;
    this.to = to;
    this.enough = enough;
  }

  @Override
  public void onPartialResponse(String piece) {
    if (cut || piece.isEmpty()) return;
    int room = charsMax - chars;
    var fits = piece.length() <= room ? piece : piece.substring(0, room);
    chars += fits.length();
    if (!fits.isEmpty()) to.accept(new Delta(fits));
    if (fits.length() == piece.length()) return;
    cut = true;
    enough.run();
  }

  @Override
  public void onCompleteResponse(ChatResponse complete) {
    response = complete;
  }

  @Override
  public void onError(Throwable cause) {
    if (error == null) error = cause;
  }

  /** True when something of it was handed on: it cannot be asked for again. */
  boolean begun() {
    return chars > 0;
  }

  boolean cut() {
    return cut;
  }

  Throwable error() {
    return error;
  }

  /** True when it just stopped, without saying that it is complete: it was cut on its way. */
  boolean brokenOff() {
    return error == null && (response == null || response.finishReason() == null);
  }

  boolean empty() {
    var message = response.aiMessage();
    boolean text = chars > 0 || message.text() != null && !message.text().isEmpty();
    return !text && !message.hasToolExecutionRequests();
  }

  /** What comes after the text. */
  List<Chunk> rest() {
    if (response == null) return List.of(new Finish(Reason.LENGTH));
    var rest = new ArrayList<Chunk>();
    var message = response.aiMessage();
    // Not every provider's text comes in pieces.
    if (chars == 0 && message.text() != null) onPartialResponse(message.text());
    if (message.hasToolExecutionRequests()) {
      var wanted = message.toolExecutionRequests();
      // It stands at the first of what is wanted at once.
      var signature = message.attribute(Conversation.SIGNATURE, String.class);
      for (int i = 0; i < wanted.size(); i++) {
        rest.add(Conversation.call(wanted.get(i), i, names, i == 0 ? signature : null));
      }
    }
    var tokens = response.tokenUsage();
    if (tokens != null) {
      rest.add(new Usage(count(tokens.inputTokenCount()), count(tokens.outputTokenCount())));
    }
    rest.add(new Finish(reason(message.hasToolExecutionRequests())));
    return rest;
  }

  private Reason reason(boolean wantsTools) {
    if (cut || response.finishReason() == FinishReason.LENGTH) return Reason.LENGTH;
    return wantsTools ? Reason.TOOL_CALLS : Reason.STOP;
  }

  private static long count(Integer tokens) {
    return tokens == null ? 0 : tokens;
  }
}
