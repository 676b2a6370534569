package ai.vespid.gateway.control;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.List;

/**
 * One request that may be served: who calls, on behalf of which organization in which role, and the
 * body, which fits the document. What an operation does not ask for is null.
 */
record Call(
    RoutingContext context, Caller caller, String organizationId, String role, JsonObject body) {
  Call with(JsonObject validated) {
    return new Call(context, caller, organizationId, role, validated);
  }

  String path(String parameter) {
    return context.pathParam(parameter);
  }

  String header(String name) {
    return context.request().getHeader(name);
  }

  String text(String field) {
    return body.getString(field);
  }

  /** An optional array of texts; empty when absent. */
  List<String> texts(String field) {
    return body.getJsonArray(field, new JsonArray()).stream().map(String.class::cast).toList();
  }

  /** Texts without surrounding blanks, without empty ones, each once. */
  static List<String> tidy(List<String> texts) {
    return texts.stream().map(String::strip).filter(text -> !text.isEmpty()).distinct().toList();
  }
}
