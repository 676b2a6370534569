package ai.vespid.gateway.control;

/** Where a request comes from, as far as it can be believed. */
final class ClientAddress {
  private ClientAddress() {}

  static String of(Call call, ControlSettings settings) {
    var forwarded = call.header("X-Forwarded-For");
    if (settings.trustForwardedFor() && forwarded != null) {
      // The last entry is the proxy's own; those before it may be anything.
      return forwarded.substring(forwarded.lastIndexOf(',') + 1).strip();
    }
    var remote = call.context().request().remoteAddress();
    return remote == null || remote.hostAddress() == null ? "unknown" : remote.hostAddress();
  }
}
