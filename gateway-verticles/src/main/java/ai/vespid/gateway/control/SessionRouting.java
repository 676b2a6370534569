package ai.vespid.gateway.control;

import ai.vespid.protocol.Json;
import ai.vespid.protocol.http.SessionBody;
import ai.vespid.sql.BindingRepository.Binding;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/** Which agent a new session belongs to, and under which key it is found again (contract 4.5). */
final class SessionRouting {
  /** The dimensions of bindings, the most particular first. */
  static final List<String> DIMENSIONS =
      List.of(
          "peer",
          "parent_peer",
          "org_roles",
          "organization",
          "team",
          "account",
          "channel",
          "default");

  private static final Comparator<Binding> ORDER =
      Comparator.<Binding>comparingInt(binding -> DIMENSIONS.indexOf(binding.dimension()))
          .thenComparing(Comparator.comparingInt(Binding::priority).reversed())
          .thenComparing(Binding::id);

  /** Who wants a session. */
  record Wanting(String organizationId, String userId, String role, SessionBody body) {
    private String peer() {
      if (body.peer() != null) return body.peer();
      return body.actor() == null ? userId : body.actor();
    }

    private String account() {
      return body.context() == null ? null : body.context().account();
    }

    private String team() {
      return body.context() == null ? null : body.context().team();
    }
  }

  /** What a binding looks at; a field that is absent matches nothing. */
  private record Match(
      String peer, List<String> roles, String team, String account, String channel) {}

  private SessionRouting() {}

  /** The binding that applies, if one does. */
  static Optional<Binding> route(List<Binding> bindings, Wanting wanting) {
    return bindings.stream().filter(binding -> applies(binding, wanting)).min(ORDER);
  }

  private static boolean applies(Binding binding, Wanting wanting) {
    var match = Json.read(binding.match().bytes(), Match.class);
    return switch (binding.dimension()) {
      case "peer" -> same(match.peer(), wanting.peer());
      case "org_roles" -> match.roles() != null && match.roles().contains(wanting.role());
      case "team" -> same(match.team(), wanting.team());
      case "account" -> same(match.account(), wanting.account());
      case "channel" -> same(match.channel(), wanting.body().channel());
      case "organization", "default" -> true;
      default -> false;
    };
  }

  private static boolean same(String wanted, String there) {
    return wanted != null && wanted.equals(there);
  }

  /** Sessions that share a key are one. */
  static String key(Wanting wanting, Optional<Binding> binding) {
    var scope = wanting.body().scope();
    var key =
        "agent:%s:org:%s:scope:%s"
            .formatted(
                binding.map(Binding::agentId).orElse("main"),
                wanting.organizationId(),
                scope.text());
    var peer = ":peer:" + part(wanting.peer());
    var channel = ":channel:" + part(wanting.body().channel());
    return switch (scope) {
      case MAIN -> key + ":chat:" + UUID.randomUUID();
      case PER_PEER -> key + peer;
      case PER_CHANNEL_PEER -> key + channel + peer;
      case PER_ACCOUNT_CHANNEL_PEER -> key + ":account:" + part(wanting.account()) + channel + peer;
    };
  }

  private static String part(String text) {
    return Objects.requireNonNullElse(text, "none")
        .strip()
        .toLowerCase(Locale.ROOT)
        .replaceAll("[^a-z0-9._-]+", "-");
  }
}
