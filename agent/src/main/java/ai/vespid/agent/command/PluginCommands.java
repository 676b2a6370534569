package ai.vespid.agent.command;

import ai.vespid.agent.plugin.CommandPlugin;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** {@code plugin.*}: what the site has added. */
record PluginCommands(Map<String, CommandPlugin> plugins) {
  private static final int ERROR_CHARS_MAX = 1_000;

  Map<String, Handler> handlers() {
    var handlers = new LinkedHashMap<String, Handler>();
    plugins.forEach(
        (name, plugin) -> handlers.put("plugin." + name, request -> run(plugin, request)));
    return handlers;
  }

  private static Outcome run(CommandPlugin plugin, Request request) throws InterruptedException {
    var args = ((ObjectNode) request.args()).deepCopy();
    for (var secret : request.secrets().properties()) args.set(secret.getKey(), secret.getValue());
    var json = new String(Json.write(args), StandardCharsets.UTF_8);
    var ended = new CompletableFuture<Outcome>();
    // Of its own, so that one that does not listen to an interrupt costs no more than itself.
    var thread =
        Thread.ofVirtual()
            .name("plugin")
            .start(() -> ended.complete(outcome(plugin, json, request.timeoutMs())));
    request
        .cancellation()
        .onCancel(() -> {
          ended.complete(Outcome.failed("CANCELED", "it was cancelled", null));
          thread.interrupt();
        });
    if (!thread.join(Duration.ofMillis(request.timeoutMs()))) {
      thread.interrupt();
      ended.complete(Outcome.timeout("its time was up", null));
    }
    return ended.join();
  }

  private static Outcome outcome(CommandPlugin plugin, String args, long timeoutMs) {
    try {
      var output = plugin.run(args, Duration.ofMillis(timeoutMs));
      if (output == null) return Outcome.success(null);
      return Outcome.success(Json.read(output.getBytes(StandardCharsets.UTF_8), JsonNode.class));
    } catch (InvalidMessage e) {
      return Outcome.failed("PLUGIN_FAILED", "its output is no JSON", null);
    } catch (Exception | LinkageError | OutOfMemoryError | StackOverflowError e) {
      var message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      var cut = message.substring(0, Math.min(ERROR_CHARS_MAX, message.length()));
      return Outcome.failed("PLUGIN_FAILED", cut, null);
    }
  }
}
