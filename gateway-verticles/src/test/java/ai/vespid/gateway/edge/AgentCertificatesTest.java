package ai.vespid.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.kit.node.ConfigurationException;
import ai.vespid.kit.node.Settings;
import ai.vespid.protocol.trust.TestAuthority;
import ai.vespid.protocol.trust.TestAuthority.Issued;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AgentCertificatesTest {
  private static final String ID = "33333333-3333-4333-8333-333333333333";
  private static final String NAME = "uri:urn:vespid:executor:" + ID;

  @TempDir Path folder;

  private TestAuthority authority;
  private JsonObject config;

  @BeforeEach
  void authority() throws Exception {
    authority = new TestAuthority(folder, "ours");
    config =
        new JsonObject()
            .put("tlsClientAuth", "required")
            .put("tlsClientCaFile", authority.certificate().toString());
  }

  private static ExecutorEdgeSettings settings(JsonObject config) {
    return Settings.bind("executor-edge", config, ExecutorEdgeSettings.class);
  }

  private String refusal(Issued... shown) {
    var chain = List.of(shown).stream().map(Issued::parsed).toList();
    return new AgentCertificates(settings(config))
        .refusal(chain, ID)
        .map(refusal -> refusal.code().name())
        .orElse(null);
  }

  @Test
  void takesOneThatNamesTheExecutorInAnyOfTheWays() throws Exception {
    for (var name : List.of(NAME, "uri:urn:uuid:" + ID, "uri:spiffe://a.b/c/executor/" + ID)) {
      assertThat(refusal(authority.issue("agent", name))).as(name).isNull();
    }
    assertThat(refusal(authority.issue(ID))).isNull();
  }

  @Test
  void namesWhatIsWrongWithOthers() throws Exception {
    var theirs = new TestAuthority(folder, "theirs");

    assertThat(refusal()).isEqualTo("CLIENT_CERTIFICATE_REQUIRED");
    assertThat(refusal(theirs.issue("agent", NAME))).isEqualTo("CLIENT_CERTIFICATE_UNTRUSTED");
    assertThat(refusal(authority.issueExpired("agent", NAME)))
        .isEqualTo("CLIENT_CERTIFICATE_EXPIRED");
    for (var name :
        List.of("uri:urn:vespid:executor:" + ID + "0", "dns:a", "uri:https://a/executor/" + ID)) {
      assertThat(refusal(authority.issue("agent", name)))
          .as(name)
          .isEqualTo("EXECUTOR_IDENTITY_MISMATCH");
    }
    assertThat(refusal(authority.issue("cn=" + ID))).isEqualTo("EXECUTOR_IDENTITY_MISMATCH");
  }

  @Test
  void withListsOnlyWhomAValidOneSpeaksOfAndDoesNotName() throws Exception {
    var good = authority.issue("agent", NAME);
    var revoked = authority.issue("agent", NAME);
    config.put("tlsClientCrlFile", authority.revocations("list.crl", revoked).toString());

    assertThat(refusal(good)).isNull();
    assertThat(refusal(revoked)).isEqualTo("CLIENT_CERTIFICATE_REVOKED");

    var silent = new TestAuthority(folder, "theirs").revocations("theirs.crl");
    config.put("tlsClientCrlFile", silent.toString());
    assertThat(refusal(good)).isEqualTo("CLIENT_CERTIFICATE_UNTRUSTED");
  }

  @Test
  void whereTheyAreOptionalNoneIsFineAndABadOneIsNot() throws Exception {
    config.put("tlsClientAuth", "optional");

    assertThat(refusal()).isNull();
    assertThat(refusal(authority.issue("agent"))).isEqualTo("EXECUTOR_IDENTITY_MISMATCH");

    config.put("tlsClientAuth", "none");
    assertThat(refusal(authority.issue("agent"))).isNull();
  }

  @Test
  void settingsThatCannotBeMeantKeepItFromStarting() {
    assertThatThrownBy(() -> settings(new JsonObject().put("tlsClientAuth", "maybe")))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("none, optional or required");
    assertThatThrownBy(() -> AgentCertificates.tls(settings(config)))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("want TLS");
    assertThatThrownBy(
            () -> AgentCertificates.tls(settings(new JsonObject().put("tlsCertFile", "/c"))))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("belong together");
    config.put("tlsClientCaFile", "/no/such/file");
    assertThatThrownBy(this::refusal)
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("/no/such/file");
  }
}
