package ai.vespid.engine.provider;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.engine.Chunk;
import ai.vespid.protocol.engine.Chunk.Failed;
import ai.vespid.protocol.engine.Inference.User;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.read.ListAppender;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;

/** Neither a key nor what is said ever stands in a log or a failure. */
final class SecrecyTest {
  private static final String CONFIDENTIAL = "the-merger-is-on-friday";

  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
  private final Logger root = (Logger) LoggerFactory.getLogger("ROOT");
  private Level before;
  private ProviderSite site;

  @BeforeEach
  void listen() {
    before = root.getLevel();
    root.setLevel(Level.DEBUG);
    ((Logger) LoggerFactory.getLogger("io.netty")).setLevel(Level.INFO);
    logged.start();
    root.addAppender(logged);
    site = new ProviderSite(4, 0, Duration.ofSeconds(30));
  }

  @AfterEach
  void stop() {
    site.close();
    root.detachAppender(logged);
    root.setLevel(before);
  }

  private String everythingLogged() {
    var text = new StringBuilder();
    for (var event : new ArrayList<>(logged.list)) {
      text.append(event.getFormattedMessage()).append(event.getKeyValuePairs());
      if (event.getThrowableProxy() != null) {
        text.append(ThrowableProxyUtil.asString(event.getThrowableProxy()));
      }
    }
    return text.toString();
  }

  private void assertSecret(Object told) {
    assertThat(told.toString()).doesNotContain(ProviderSite.KEY).doesNotContain(CONFIDENTIAL);
  }

  @ParameterizedTest
  @EnumSource(Wire.class)
  void isKeptWhateverAProviderDoes(Wire wire) throws Exception {
    var echo =
        "{\"error\":{\"code\":\"" + ProviderSite.KEY + "!\",\"message\":\"" + CONFIDENTIAL + "\"}}";
    site.standIn.thenRefuse(400, null, echo).thenRefuse(500, null, "not even JSON " + CONFIDENTIAL);
    for (int i = 0; i < 2; i++) assertSecret(ask(wire));
    site.standIn.thenSay("data: {\"this is\": no JSON " + ProviderSite.KEY + CONFIDENTIAL);
    assertSecret(ask(wire));
    var told = site.standIn.thenAsTold();
    var heard = new Heard();
    site.ask(wire, ProviderSite.asked(new User(CONFIDENTIAL)), heard);
    var answer = told.get(10, TimeUnit.SECONDS);
    answer.say(wire.opening());
    answer.say(wire.text(CONFIDENTIAL));
    answer.cut();
    for (var chunk : heard.rest()) assertSecret(chunk);

    assertSecret(everythingLogged());
  }

  private Chunk ask(Wire wire) throws InterruptedException {
    var heard = new Heard();
    site.ask(wire, ProviderSite.asked(new User(CONFIDENTIAL)), heard);
    var last = heard.last();
    assertThat(last).isInstanceOf(Failed.class);
    return last;
  }

  @Test
  void isKeptByRecordsThatHoldIt() {
    var settings = ProviderSettings.of(Kind.OPENAI).at("http://localhost:1", ProviderSite.KEY);
    assertSecret(settings);
    assertSecret(new Account(ProviderSite.KEY, "http://localhost:1"));
    assertSecret(ProviderSite.asked(new User(CONFIDENTIAL)).withSecret(ProviderSite.KEY));
  }
}
