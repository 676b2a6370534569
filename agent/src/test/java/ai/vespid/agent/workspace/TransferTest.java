package ai.vespid.agent.workspace;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.agent.trust.GatewayHttp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TransferTest {
  @TempDir Path temporary;

  private final Transfer transfer = new Transfer(Duration.ofSeconds(1), GatewayHttp.PLAIN);
  private Path file;

  @BeforeEach
  void create() throws IOException {
    file = Files.createFile(temporary.resolve("archive"));
  }

  @ParameterizedTest
  @CsvSource({
    "http://host/%zz?sig=SECRET, URL_INVALID",
    "http://host/a|b?sig=SECRET, URL_INVALID",
    "ftp://host/a?sig=SECRET, URL_INVALID",
    "http:///a?sig=SECRET, URL_INVALID",
    "mailto:SECRET@host, URL_INVALID",
    "http://my_host/a?sig=SECRET, HOST_INVALID:my_host",
    "http://user:SECRET@my_host:9000/a?sig=SECRET, HOST_INVALID:my_host",
    "http://host:SECRET/a, HOST_INVALID:host",
  })
  void anAddressThatCannotBeUsedIsNotRepeated(String url, String detail) {
    assertThatThrownBy(() -> transfer.download(url, file, 1, new Cancellation()))
        .isInstanceOf(WorkspaceFailed.class)
        .hasMessage("WORKSPACE_DOWNLOAD_FAILED:" + detail)
        .hasNoCause();
    assertThatThrownBy(() -> transfer.upload(url, file, new Cancellation()))
        .isInstanceOf(WorkspaceFailed.class)
        .hasMessage("WORKSPACE_UPLOAD_FAILED:" + detail)
        .hasNoCause();
  }
}
