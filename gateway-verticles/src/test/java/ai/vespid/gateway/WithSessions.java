package ai.vespid.gateway;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;

/** A gateway that the tests of a class start as they need it, and an organization for each test. */
abstract class WithSessions {
  static TestGateway gateway;
  SessionSite site;

  @AfterAll
  static void stop() {
    gateway.close();
  }

  @BeforeEach
  void organization() {
    site = new SessionSite(gateway);
  }

  final FakeAgent byon() {
    return FakeAgent.extended(gateway, site.byon).connect(gateway);
  }
}
