package ai.vespid.gateway.control;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.gateway.control.ControlServer.Reply;
import ai.vespid.gateway.control.FakeProvider.Persona;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

/** What a browser does between the control API and a provider, step by step. */
final class OAuthBrowser {
  private static final AtomicInteger PEOPLE = new AtomicInteger(1_000);

  private final ControlServer server;
  private final FakeProvider provider;

  OAuthBrowser(ControlServer server, FakeProvider provider) {
    this.server = server;
    this.provider = provider;
  }

  /** A login that was begun: what the browser holds, and where it was sent. */
  record Begun(String name, String cookie, String url) {
    String state() {
      return FakeProvider.query(url).get("state");
    }
  }

  static Persona somebody() {
    return somebody("somebody-" + UUID.randomUUID() + "@example.org", true);
  }

  static Persona somebody(String email, Object verified) {
    return new Persona("" + PEOPLE.incrementAndGet(), email, verified, "Some Body");
  }

  Begun begin(String name) {
    var reply = server.request("GET", "/v1/auth/oauth/" + name + "/start?mode=json").send();
    assertThat(reply.status()).as(reply.toString()).isEqualTo(200);
    assertThat(reply.json().getString("provider")).isEqualTo(name);
    return new Begun(name, reply.cookie(), reply.json().getString("authorizationUrl"));
  }

  ControlServer.Request back(Begun begun, String code, String state, String mode) {
    var path =
        "/v1/auth/oauth/%s/callback?code=%s&state=%s%s"
            .formatted(begun.name(), code, URLEncoder.encode(state, StandardCharsets.UTF_8), mode);
    return server.request("GET", path).header("Cookie", begun.cookie());
  }

  Reply back(Begun begun, String code) {
    return back(begun, code, begun.state(), "&mode=json").send();
  }

  Reply login(String name, Persona persona) {
    var begun = begin(name);
    return back(begun, provider.consent(begun.url(), persona));
  }

  static String userId(Reply reply) {
    assertThat(reply.status()).as(reply.toString()).isEqualTo(200);
    return reply.json().getJsonObject("user").getString("id");
  }

  static void refused(Reply reply, int status, String code) {
    assertThat(reply.status()).as(reply.toString()).isEqualTo(status);
    assertThat(reply.code()).isEqualTo(code);
    assertThat(reply.response().headers().allValues("set-cookie"))
        .noneMatch(cookie -> cookie.startsWith("vespid_session="));
  }
}
