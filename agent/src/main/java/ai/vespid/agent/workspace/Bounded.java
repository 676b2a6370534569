package ai.vespid.agent.workspace;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** A stream that fails when more comes than was agreed, in all or since the last step. */
final class Bounded extends FilterInputStream {
  private long left;
  private long stepLeft = Long.MAX_VALUE;

  Bounded(InputStream in, long bytesMax) {
    super(in);
    this.left = bytesMax;
  }

  /** From now until the next call, at most this much. */
  void step(long bytesMax) {
    stepLeft = bytesMax;
  }

  @Override
  public int read() throws IOException {
    int value = super.read();
    if (value >= 0) count(1);
    return value;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    int read = super.read(bytes, offset, length);
    if (read > 0) count(read);
    return read;
  }

  @Override
  public long skip(long count) throws IOException {
    long skipped = super.skip(count);
    count(skipped);
    return skipped;
  }

  private void count(long read) throws IOException {
    left -= read;
    stepLeft -= read;
    if (left < 0 || stepLeft < 0) throw new TooLarge();
  }

  /** More bytes than were agreed. */
  static final class TooLarge extends IOException {
    private static final long serialVersionUID = 1L;

    TooLarge() {
      super("more bytes than allowed");
    }
  }
}
