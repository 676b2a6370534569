package ai.vespid.engine.provider;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * A provider's answer while it arrives: tells when something came, and ends one that does not end
 * or has a line that does not.
 */
final class HeardStream extends FilterInputStream {
  private static final int LINE_BYTES_MAX = 8 * 1024 * 1024;
  private static final long BYTES_MAX = 256L * 1024 * 1024;

  private final Runnable heard;
  private long bytes;
  private int line;
  private volatile boolean failed;

  HeardStream(InputStream in, Runnable heard) {
    super(in);
    this.heard = heard;
  }

  @Override
  public int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    try {
      int count = super.read(into, offset, length);
      if (count > 0) count(into, offset, count);
      return count;
    } catch (IOException e) {
      failed = true;
      throw e;
    }
  }

  private void count(byte[] read, int offset, int count) throws IOException {
    heard.run();
    bytes += count;
    for (int i = offset; i < offset + count; i++) line = read[i] == '\n' ? 0 : line + 1;
    if (bytes > BYTES_MAX || line > LINE_BYTES_MAX) throw new IOException("it does not end");
  }

  /** True when it could not be read to its end. */
  boolean failed() {
    return failed;
  }
}
