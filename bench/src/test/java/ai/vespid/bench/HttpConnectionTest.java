package ai.vespid.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a connection makes of the bytes that a server may send. */
class HttpConnectionTest {
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

  private final Vertx vertx = Vertx.vertx();
  private final Heard heard = new Heard();

  @AfterEach
  void close() {
    vertx.close().await();
  }

  @Test
  void readsABodyOfAGivenLengthThatComesInPieces() throws Exception {
    ask(socket -> {
      socket.write(OK.substring(0, 30));
      vertx.setTimer(20, _ -> socket.write(OK.substring(30)));
    });

    assertThat(heard.answer()).isEqualTo("200 hi");
  }

  @Test
  void readsABodyInChunks() throws Exception {
    ask(socket ->
        socket.write(
            "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"));

    assertThat(heard.answer()).isEqualTo("201 abcde");
  }

  @Test
  void noticesASecondAnswerThatComesWithTheFirst() throws Exception {
    ask(socket -> socket.write(OK + OK));

    assertThat(heard.answer()).isEqualTo("200 hi");
    assertThat(heard.unasked.future().await(5, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void noticesASecondAnswerThatComesLater() throws Exception {
    ask(socket -> {
      socket.write(OK);
      vertx.setTimer(20, _ -> socket.write(OK));
    });

    assertThat(heard.answer()).isEqualTo("200 hi");
    assertThat(heard.unasked.future().await(5, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void saysThatTheConnectionClosedBeforeTheAnswer() throws Exception {
    ask(NetSocket::close);

    assertThat(heard.answer()).isEqualTo("connection closed before the answer");
  }

  @Test
  void refusesWhatIsNoHttp() throws Exception {
    ask(socket -> socket.write("SSH-2.0\r\n\r\n"));

    assertThat(heard.answer()).isEqualTo("malformed status line");
  }

  private void ask(Consumer<NetSocket> server) {
    NetServer listening =
        vertx
            .createNetServer()
            .connectHandler(socket -> socket.handler(_ -> server.accept(socket)))
            .listen(0, "127.0.0.1")
            .await();
    var endpoint = new Endpoint("127.0.0.1", listening.actualPort());
    var client = vertx.createNetClient();
    heard.keep = client;
    vertx.runOnContext(_ ->
        new HttpConnection(client, endpoint, heard).send(HttpText.get(endpoint, "/", "secret")));
  }

  private static final class Heard implements HttpConnection.Listener {
    private final Promise<String> answer = Promise.promise();
    private final Promise<Boolean> unasked = Promise.promise();
    private Object keep;

    String answer() throws Exception {
      return answer.future().await(5, TimeUnit.SECONDS);
    }

    @Override
    public void answered(HttpConnection connection, ResponseReader reader) {
      var body = new String(EchoCheck.body(reader), StandardCharsets.UTF_8);
      answer.complete(reader.status() + " " + body);
    }

    @Override
    public void failed(HttpConnection connection, String reason) {
      answer.tryComplete(reason);
    }

    @Override
    public void unasked() {
      unasked.tryComplete(true);
    }
  }
}
