package ai.vespid.agent.operation;

import ai.vespid.agent.sandbox.Cancellation;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent's ear for its own command line: a socket in the file system that only its owner can
 * open. One line is asked, a word or a command in JSON, and one JSON document answered; after
 * {@code stop} the connection stays open until the process is gone, so that whoever asked knows
 * when. Who goes away before the answer has canceled a command.
 */
public final class ControlSocket implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ControlSocket.class);
  private static final int WORD_MAX = 64;
  private static final int LINE_MAX = 256 * 1024;
  private static final int ANSWER_MAX = 4 * 1024 * 1024;
  private static final int CALLERS_MAX = 16;

  /** The longest path that a socket can have on every system. */
  public static final int PATH_BYTES_MAX = 100;

  private static final byte[] NOTHING = "{}".getBytes(StandardCharsets.UTF_8);

  private final Path path;
  private final ServerSocketChannel server;
  private final Supplier<AgentStatus> status;
  private final LocalCommands commands;
  private final Runnable stop;
  private final Semaphore callers = new Semaphore(CALLERS_MAX);

  /**
   * @param stop begins to end the process, and returns
   */
  public ControlSocket(
      Path path, Supplier<AgentStatus> status, LocalCommands commands, Runnable stop)
      throws IOException {
    this.path = path;
    this.status = status;
    this.commands = commands;
    this.stop = stop;
    this.server = open(path);
    Thread.ofPlatform().daemon().name("control").start(this::accept);
  }

  // Made where nobody else can enter, and moved when its permissions are right. What an agent that
  // was killed left in its place is replaced; that none lives there the lock has told.
  private static ServerSocketChannel open(Path path) throws IOException {
    var parent = Files.createDirectories(path.toAbsolutePath().getParent());
    var closed = Files.createTempDirectory(parent, "s");
    var made = closed.resolve("s");
    var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      server.bind(UnixDomainSocketAddress.of(made));
      Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rw-------"));
      Files.move(made, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      return server;
    } catch (IOException | RuntimeException e) {
      server.close();
      Files.deleteIfExists(made);
      throw e;
    } finally {
      Files.deleteIfExists(closed);
    }
  }

  private void accept() {
    while (server.isOpen()) {
      try {
        var caller = server.accept();
        if (callers.tryAcquire()) Thread.ofVirtual().start(() -> answer(caller));
        else caller.close();
      } catch (IOException e) {
        if (server.isOpen()) {
          LOG.atDebug().addKeyValue("cause", e.getMessage()).log("a caller was lost");
        }
      }
    }
  }

  private void answer(SocketChannel caller) {
    try (caller) {
      var line = read(caller, LINE_MAX).strip();
      switch (line) {
        case "status" -> write(caller, Json.write(status.get()));
        case "stop" -> {
          stop.run();
          write(caller, Json.write(status.get()));
          // Until the system closes it, with the process.
          read(caller, WORD_MAX);
        }
        default -> write(caller, line.startsWith("{") ? command(caller, line) : NOTHING);
      }
    } catch (IOException | InvalidMessage e) {
      LOG.atDebug().addKeyValue("cause", e.getMessage()).log("a caller was lost");
    } finally {
      callers.release();
    }
  }

  private byte[] command(SocketChannel caller, String line) {
    var ask = Json.read(line.getBytes(StandardCharsets.UTF_8), LocalCommands.Ask.class);
    var cancellation = new Cancellation();
    var done = new AtomicBoolean();
    Thread.ofVirtual()
        .start(() -> {
          try {
            // It says nothing more, so this ends with the connection.
            read(caller, WORD_MAX);
          } catch (IOException _) {
            // Gone, or answered.
          }
          if (!done.get()) cancellation.cancel();
        });
    try {
      return commands.run(ask, cancellation);
    } finally {
      done.set(true);
    }
  }

  private static void write(SocketChannel channel, byte[] line) throws IOException {
    var buffer = ByteBuffer.allocate(line.length + 1).put(line).put((byte) '\n').flip();
    while (buffer.hasRemaining()) channel.write(buffer);
  }

  // To the end of a line, which is all that is said at a time.
  private static String read(SocketChannel channel, int bytesMax) throws IOException {
    var buffer = ByteBuffer.allocate(8_192);
    var line = new ByteArrayOutputStream();
    while (line.size() < bytesMax && channel.read(buffer.clear()) >= 0) {
      line.write(buffer.array(), 0, buffer.position());
      if (buffer.position() > 0 && buffer.get(buffer.position() - 1) == '\n') break;
    }
    return line.toString(StandardCharsets.UTF_8);
  }

  /** The agent's answer to {@code status}, or nothing when none listens. */
  public static Optional<String> status(Path path) {
    return ask(path, "status".getBytes(StandardCharsets.UTF_8));
  }

  /** The result of a command, or nothing when none listens. */
  public static Optional<String> command(Path path, LocalCommands.Ask ask) {
    return ask(path, Json.write(ask));
  }

  private static Optional<String> ask(Path path, byte[] line) {
    try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
      write(channel, line);
      return Optional.of(read(channel, ANSWER_MAX)).filter(answer -> !answer.isBlank());
    } catch (IOException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /**
   * Asks the agent to end and waits until it has.
   *
   * @return false when none listened
   */
  public static boolean stop(Path path) {
    try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
      write(channel, "stop".getBytes(StandardCharsets.UTF_8));
      read(channel, ANSWER_MAX);
      read(channel, WORD_MAX);
      return true;
    } catch (IOException | IllegalArgumentException e) {
      return false;
    }
  }

  @Override
  public void close() {
    try {
      server.close();
      Files.deleteIfExists(path);
    } catch (IOException e) {
      LOG.atDebug().addKeyValue("cause", e.getMessage()).log("the control socket was left");
    }
  }
}
