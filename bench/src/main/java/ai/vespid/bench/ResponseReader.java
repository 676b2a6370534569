package ai.vespid.bench;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Finds where an HTTP/1.1 response begins and ends in what a connection delivers. It knows what a
 * service answers to a keep-alive client: a status, and a body with Content-Length or in chunks.
 * The body stays in the buffer and is compared there, which is what makes checking every answer
 * cheap.
 */
final class ResponseReader {
  private static final byte[] LENGTH = ascii("content-length:");
  private static final byte[] ENCODING = ascii("transfer-encoding:");
  private static final int BODY_MAX = 64 * 1024 * 1024;

  private byte[] in = new byte[8 * 1024];
  private int filled;
  private int status;
  private int bodyFrom;
  private int bodyTo;
  private int end;

  void add(Buffer chunk) {
    int length = chunk.length();
    if (in.length - filled < length) {
      in = Arrays.copyOf(in, Math.max(in.length * 2, filled + length));
    }
    chunk.getBytes(0, length, in, filled);
    filled += length;
  }

  /**
   * True when one whole response is there.
   *
   * @throws IllegalStateException when it is no response this reader understands
   */
  boolean complete() {
    int head = headEnd();
    if (head < 0) return false;
    if (head < 12) throw new IllegalStateException("malformed status line");
    status = (in[9] - '0') * 100 + (in[10] - '0') * 10 + (in[11] - '0');
    if (status < 100 || status > 599) throw new IllegalStateException("malformed status line");
    int length = 0;
    boolean chunked = false;
    for (int line = lineAfter(0, head); line < head; line = lineAfter(line, head)) {
      if (is(LENGTH, line)) length = number(line + LENGTH.length, 10);
      else if (is(ENCODING, line)) chunked = true;
    }
    bodyFrom = head + 4;
    if (chunked) return unchunk();
    bodyTo = bodyFrom + length;
    end = bodyTo;
    return filled >= end;
  }

  int status() {
    return status;
  }

  byte[] bytes() {
    return in;
  }

  int bodyFrom() {
    return bodyFrom;
  }

  int bodyTo() {
    return bodyTo;
  }

  /** True when more came than the one response that was asked for. */
  boolean hasMore() {
    return filled > end;
  }

  boolean isEmpty() {
    return filled == 0;
  }

  void clear() {
    filled = 0;
  }

  private int headEnd() {
    for (int i = 3; i < filled; i++) {
      if (in[i] == '\n' && in[i - 1] == '\r' && in[i - 2] == '\n' && in[i - 3] == '\r') {
        return i - 3;
      }
    }
    return -1;
  }

  private int lineAfter(int from, int limit) {
    int i = from;
    while (i < limit && in[i] != '\n') i++;
    return i + 1;
  }

  private boolean is(byte[] name, int at) {
    if (at + name.length > filled) return false;
    for (int i = 0; i < name.length; i++) {
      int c = in[at + i];
      if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != name[i]) return false;
    }
    return true;
  }

  private int number(int from, int radix) {
    int i = from;
    while (in[i] == ' ') i++;
    long value = 0;
    for (int digit; (digit = Character.digit(in[i], radix)) >= 0; i++) {
      value = value * radix + digit;
      if (value > BODY_MAX) throw new IllegalStateException("body too long");
    }
    return (int) value;
  }

  // Chunks are moved together only once all are there: a half-read body is scanned again.
  private boolean unchunk() {
    int at = bodyFrom;
    while (true) {
      int data = lineAfter(at, filled);
      if (data > filled) return false;
      int size = number(at, 16);
      at = data + size + 2;
      if (at > filled) return false;
      if (size == 0) break;
    }
    end = at;
    join();
    return true;
  }

  private void join() {
    bodyTo = bodyFrom;
    int at = bodyFrom;
    for (int size = number(at, 16); size > 0; size = number(at, 16)) {
      int data = lineAfter(at, filled);
      // The next size line must survive the move: it lies behind the target of this one.
      System.arraycopy(in, data, in, bodyTo, size);
      bodyTo += size;
      at = data + size + 2;
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
