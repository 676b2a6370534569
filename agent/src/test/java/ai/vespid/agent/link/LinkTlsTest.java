package ai.vespid.agent.link;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.agent.Eventually;
import ai.vespid.agent.trust.GatewayTrust;
import ai.vespid.agent.trust.Pin;
import ai.vespid.agent.trust.TrustChoice;
import ai.vespid.protocol.executor.ExecutorFrame.Hello;
import ai.vespid.protocol.executor.GatewayFrame;
import ai.vespid.protocol.trust.TestAuthority;
import ai.vespid.protocol.trust.TestAuthority.Issued;
import io.vertx.core.Vertx;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real TLS servers, and what the agent makes of their certificates. */
class LinkTlsTest implements Link.Listener {
  private static final String HERE = "ip:127.0.0.1";
  private static final Pin ANOTHER = Pin.parse("ab".repeat(32)).orElseThrow();

  @TempDir static Path folder;

  private static TestAuthority ours;
  private static TestAuthority theirs;
  private static Issued gateway;

  private final Vertx vertx = Vertx.vertx();
  private final BlockingQueue<ServerWebSocket> sockets = new LinkedBlockingQueue<>();
  private HttpServer server;
  private Link link;

  @BeforeAll
  static void authorities() throws Exception {
    ours = new TestAuthority(folder, "ours");
    theirs = new TestAuthority(folder, "theirs");
    gateway = ours.issue("gateway", HERE);
  }

  @AfterEach
  void stop() {
    vertx.close().await();
  }

  private void serve(Issued certificate) {
    serve(certificate, new HttpServerOptions());
  }

  private void serve(Issued certificate, HttpServerOptions options) {
    server =
        vertx
            .createHttpServer(
                options
                    .setSsl(true)
                    .setKeyCertOptions(
                        new PemKeyCertOptions()
                            .addCertPath(certificate.certificate().toString())
                            .addKeyPath(certificate.key().toString())))
            .webSocketHandler(sockets::add)
            .listen(0, "127.0.0.1")
            .await();
  }

  private static TrustChoice trusting(Path authorities) {
    return new TrustChoice(authorities, null, null, null, List.of());
  }

  private static TrustChoice pinned(Pin... pins) {
    var texts = List.of(pins).stream().map(Pin::toString).toList();
    return new TrustChoice(ours.certificate(), null, null, null, texts);
  }

  private static TrustChoice asking(Path revocations) {
    return new TrustChoice(ours.certificate(), revocations, null, null, List.of());
  }

  private static TrustChoice showing(Issued own) {
    return new TrustChoice(ours.certificate(), null, own.certificate(), own.key(), List.of());
  }

  private void dial(TrustChoice choice) {
    var url = "wss://127.0.0.1:" + server.actualPort() + "/ws/executor";
    var target = new Link.Target(url, "t", new GatewayTrust(choice), null);
    link = new Link(vertx, target, Link.Pace.USUAL, this, new Backoff(new Random(1)));
    link.start();
  }

  private void connects(TrustChoice choice) throws InterruptedException {
    dial(choice);
    assertThat(sockets.poll(20, TimeUnit.SECONDS)).isNotNull();
  }

  private void refuses(TrustChoice choice, String code) throws Exception {
    dial(choice);
    Eventually.is(code, () -> fault() != null);
    assertThat(fault()).isEqualTo(code);
    assertThat(sockets).isEmpty();
  }

  private String fault() {
    var fault = new CompletableFuture<String>();
    link.run(() -> fault.complete(link.fault()));
    return fault.orTimeout(5, TimeUnit.SECONDS).join();
  }

  @Override
  public Hello hello() {
    return Hellos.idle();
  }

  @Override
  public void opened() {}

  @Override
  public void received(GatewayFrame frame) {}

  @Test
  void trustsTheAuthorityItWasGiven() throws Exception {
    serve(gateway);

    connects(trusting(ours.certificate()));
  }

  @Test
  void trustsNobodyElse() throws Exception {
    serve(gateway);

    refuses(trusting(theirs.certificate()), "GATEWAY_UNTRUSTED");
    refuses(TrustChoice.NONE, "GATEWAY_UNTRUSTED");
  }

  @Test
  void aCertificateOfAnotherNameIsRefused() throws Exception {
    serve(ours.issue("elsewhere", "dns:elsewhere.example"));

    refuses(trusting(ours.certificate()), "GATEWAY_NAME_MISMATCH");
  }

  @Test
  void aCertificateWhoseTimeIsOverIsRefused() throws Exception {
    serve(ours.issueExpired("gateway", HERE));

    refuses(trusting(ours.certificate()), "GATEWAY_CERTIFICATE_EXPIRED");
  }

  @Test
  void aKeyThatIsPinnedIsTakenAmongSeveralPins() throws Exception {
    serve(gateway);

    connects(pinned(ANOTHER, Pin.of(gateway.parsed().getPublicKey())));
  }

  @Test
  void aRenewedCertificateOfAPinnedKeyIsTaken() throws Exception {
    serve(ours.renew(gateway, "gateway", HERE));

    connects(pinned(Pin.of(gateway.parsed().getPublicKey())));
  }

  @Test
  void aGoodCertificateOfAnotherKeyThanThePinnedIsRefused() throws Exception {
    serve(gateway);

    refuses(pinned(ANOTHER), "GATEWAY_PIN_MISMATCH");
  }

  @Test
  void aPinDoesNotReplaceTheAuthority() throws Exception {
    serve(gateway);
    var pins = List.of(Pin.of(gateway.parsed().getPublicKey()).toString());

    refuses(new TrustChoice(theirs.certificate(), null, null, null, pins), "GATEWAY_UNTRUSTED");
  }

  @Test
  void aCertificateThatIsOnNoListIsTaken() throws Exception {
    serve(gateway);

    connects(asking(ours.revocations("others.crl", ours.issue("another"))));
  }

  @Test
  void aRevokedCertificateIsRefused() throws Exception {
    serve(gateway);

    refuses(asking(ours.revocations("revoked.crl", gateway)), "GATEWAY_REVOKED");
  }

  @Test
  void aCertificateThatNoListSpeaksOfIsRefused() throws Exception {
    serve(gateway);

    refuses(asking(theirs.revocations("theirs.crl")), "GATEWAY_REVOCATION_UNKNOWN");
  }

  @Test
  void showsItsCertificateToAGatewayThatWantsOne() throws Exception {
    var own = ours.issue("agent", "uri:urn:vespid:executor:1");
    serve(gateway, wantingCertificates());

    dial(showing(own));

    var socket = sockets.poll(20, TimeUnit.SECONDS);
    assertThat(socket).isNotNull();
    assertThat(socket.sslSession().getPeerCertificates()[0]).isEqualTo(own.parsed());
  }

  @Test
  void aGatewayThatWantsACertificateRefusesAnAgentWithoutOne() throws Exception {
    serve(gateway, wantingCertificates());

    refuses(trusting(ours.certificate()), "GATEWAY_CLOSED");
  }

  @Test
  void aGatewayThatWantsACertificateRefusesThatOfAnotherAuthority() throws Exception {
    serve(gateway, wantingCertificates());

    refuses(showing(theirs.issue("agent")), "GATEWAY_CLOSED");
  }

  private static HttpServerOptions wantingCertificates() {
    return new HttpServerOptions()
        .setClientAuth(ClientAuth.REQUIRED)
        .setTrustOptions(new PemTrustOptions().addCertPath(ours.certificate().toString()));
  }

  @Test
  void newAuthoritiesCountFromTheNextConnectionOn() throws Exception {
    var file = folder.resolve("rotated.pem");
    Files.copy(theirs.certificate(), file);
    serve(gateway);
    refuses(trusting(file), "GATEWAY_UNTRUSTED");

    Files.writeString(file, Files.readString(ours.certificate()) + "\n");

    assertThat(sockets.poll(20, TimeUnit.SECONDS)).isNotNull();
  }

  @Test
  void authoritiesThatBecameUnreadableLetNoConnectionBeMade() throws Exception {
    var file = folder.resolve("vanishing.pem");
    Files.copy(ours.certificate(), file, StandardCopyOption.REPLACE_EXISTING);
    serve(gateway);
    connects(trusting(file));
    Files.delete(file);
    server.close().await();

    serve(gateway, new HttpServerOptions());
    // Another port: the link of before is not what is asked here.
    var url = "wss://127.0.0.1:" + server.actualPort() + "/ws/executor";
    link =
        new Link(
            vertx,
            new Link.Target(url, "t", new GatewayTrust(trusting(file)), null),
            Link.Pace.USUAL,
            this,
            new Backoff(new Random(1)));
    link.start();

    Eventually.is("a refusal", () -> fault() != null);
    assertThat(fault()).isEqualTo("VESPID_AGENT_TLS_CA_FILE_INVALID");
    assertThat(sockets).isEmpty();
  }
}
