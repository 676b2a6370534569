package ai.vespid.agent;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.executor.ExecutorFrame.MemoryQueryResult;
import ai.vespid.protocol.executor.ExecutorFrame.MemorySyncResult;
import ai.vespid.protocol.executor.ExecutorFrame.TurnError;
import ai.vespid.protocol.executor.GatewayFrame;
import ai.vespid.protocol.executor.MemoryStatus;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class NotHereTest {
  private static final String SESSION = UUID.randomUUID().toString();
  private static final String ORGANIZATION = UUID.randomUUID().toString();

  @Test
  void whoAsksWhatASessionRemembersIsToldThatItIsNotHere() {
    var query =
        new GatewayFrame.MemoryQuery("m-1", ORGANIZATION, SESSION, "key", "builtin", "x", 8);
    var sync = new GatewayFrame.MemorySync("m-2", ORGANIZATION, SESSION, "key", "qmd", "/tmp");

    var answered = (MemoryQueryResult) NotHere.memory(query);
    assertThat(answered.requestId()).isEqualTo("m-1");
    assertThat(answered.sessionId()).isEqualTo(SESSION);
    assertThat(answered.status()).isEqualTo(MemoryStatus.FAILED);
    assertThat(answered.error()).isEqualTo("MEMORY_QUERY_FAILED");
    var synced = (MemorySyncResult) NotHere.memory(sync);
    assertThat(synced.status()).isEqualTo(MemoryStatus.FAILED);
    assertThat(synced.details().text()).contains("MEMORY_SYNC_FAILED");
  }

  @Test
  void whoOpensASessionIsToldThatItHasNoEngine() {
    var refused = (TurnError) NotHere.session("s-1", SESSION);

    assertThat(refused.code()).isEqualTo("EXECUTOR_UNSUPPORTED_ENGINE");
    assertThat(refused.sessionId()).isEqualTo(SESSION);
  }
}
