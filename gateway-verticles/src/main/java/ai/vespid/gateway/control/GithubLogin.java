package ai.vespid.gateway.control;

import ai.vespid.gateway.control.LoginContexts.LoginContext;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.util.Arrays;
import java.util.List;

/**
 * GitHub, which has no ID token: who it was and their e-mail addresses are asked for. Only the
 * primary address counts.
 */
final class GithubLogin implements LoginProvider {
  private record Account(Long id, String login, String name) {}

  private record Address(String email, boolean primary, boolean verified) {}

  private final CodeFlow flow;
  private final HttpClient http;
  private final String apiUrl;

  GithubLogin(Vertx vertx, ControlSettings settings) {
    this.apiUrl = settings.githubApiUrl();
    this.http = vertx.createHttpClient(CodeFlow.clientOptions());
    this.flow =
        new CodeFlow(
            vertx,
            new CodeFlow.Client(settings.githubClientId(), settings.githubClientSecret()),
            settings.githubUrl() + "/login/oauth/authorize",
            settings.githubUrl() + "/login/oauth/access_token",
            CodeFlow.redirectUri(settings, "github"),
            List.of("read:user", "user:email"));
  }

  @Override
  public String authorizationUrl(LoginContext context) {
    return flow.authorizationUrl(context);
  }

  @Override
  public Future<Person> identify(String code, LoginContext context) {
    return flow.exchange(code, context)
        .map(tokens -> tokens.getString("access_token"))
        .compose(token ->
            get("/user", token, Account.class)
                .compose(account ->
                    get("/user/emails", token, Address[].class)
                        .map(addresses -> person(account, addresses))));
  }

  private static Person person(Account account, Address[] addresses) {
    if (account.id() == null) throw new InvalidMessage("id", "is missing");
    var address = Arrays.stream(addresses).filter(Address::primary).findFirst();
    return new Person(
        account.id().toString(),
        address.map(Address::email).orElse(null),
        address.map(Address::verified).orElse(false),
        account.name() == null ? account.login() : account.name());
  }

  private <T> Future<T> get(String path, String token, Class<T> type) {
    if (token == null) return Future.failedFuture(new InvalidMessage("access_token", "is missing"));
    var options =
        new RequestOptions()
            .setMethod(HttpMethod.GET)
            .setAbsoluteURI(apiUrl + path)
            .putHeader(HttpHeaders.ACCEPT, "application/vnd.github+json")
            .putHeader(HttpHeaders.USER_AGENT, "vespid")
            .putHeader(HttpHeaders.AUTHORIZATION, "Bearer " + token);
    return http.request(options)
        .compose(request -> request.send())
        .compose(response ->
            response.statusCode() == 200
                ? response.body()
                : Future.failedFuture(
                    new InvalidMessage("status", "must be 200: " + response.statusCode())))
        .map(body -> Json.read(body.getBytes(), type));
  }
}
