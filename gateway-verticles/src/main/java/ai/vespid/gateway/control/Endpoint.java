package ai.vespid.gateway.control;

import io.vertx.core.Future;

/** What one operation of the document does. */
@FunctionalInterface
interface Endpoint {
  Future<Answer> serve(Call call);
}
