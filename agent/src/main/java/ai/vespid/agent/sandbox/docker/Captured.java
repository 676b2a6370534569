package ai.vespid.agent.sandbox.docker;

import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.model.Frame;
import com.github.dockerjava.api.model.StreamType;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Both streams of a container, read to their end; only the beginning is kept, so that one that
 * writes without end costs no more memory than one that writes a little.
 */
final class Captured extends ResultCallback.Adapter<Frame> {
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Text stdout;
  private final Text stderr;

  /** One stream. A character may come in two frames, so the decoder lives as long as the stream. */
  static final class Text {
    private static final int ROOM = 8_192;

    private final CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);
    private final CharBuffer room = CharBuffer.allocate(ROOM);
    private final StringBuilder kept = new StringBuilder();
    private final int charsMax;
    private byte[] rest = new byte[0];
    private boolean truncated;

    Text(int charsMax) {
      this.charsMax = charsMax;
    }

    private synchronized void add(byte[] bytes) {
      if (truncated) return;
      var in = ByteBuffer.allocate(rest.length + bytes.length).put(rest).put(bytes).flip();
      boolean more = true;
      while (more) {
        room.clear();
        more = decoder.decode(in, room, false).isOverflow();
        keep(room.flip());
      }
      rest = new byte[in.remaining()];
      in.get(rest);
    }

    private void keep(CharBuffer chars) {
      int count = Math.min(chars.length(), charsMax - kept.length());
      kept.append(chars, 0, count);
      if (count < chars.length()) truncated = true;
    }

    synchronized String value() {
      int end = kept.length();
      // A pair cut in half is no character.
      if (end > 0 && Character.isHighSurrogate(kept.charAt(end - 1))) end--;
      return kept.substring(0, end);
    }

    synchronized boolean truncated() {
      return truncated;
    }
  }

  Captured(int charsMax) {
    stdout = new Text(charsMax);
    stderr = new Text(charsMax);
  }

  @Override
  public void onNext(Frame frame) {
    if (frame.getStreamType() == StreamType.STDERR) stderr.add(frame.getPayload());
    else stdout.add(frame.getPayload());
  }

  @Override
  public void onComplete() {
    super.onComplete();
    ended.countDown();
  }

  @Override
  public void onError(Throwable cause) {
    // The container was killed while we read; what is kept so far is its output.
    ended.countDown();
  }

  /** Waits until both streams have ended, but no longer than told; true when they have. */
  boolean await(long millis) throws InterruptedException {
    return ended.await(millis, TimeUnit.MILLISECONDS);
  }

  Text stdout() {
    return stdout;
  }

  Text stderr() {
    return stderr;
  }
}
