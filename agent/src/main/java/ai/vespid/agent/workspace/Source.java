package ai.vespid.agent.workspace;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * A stream whose failures can be told from those of where its bytes go: what is wrong with an
 * archive or a connection is not what is wrong with our disk.
 */
final class Source extends FilterInputStream {
  Source(InputStream in) {
    super(in);
  }

  @Override
  public int read() throws Broken {
    try {
      return super.read();
    } catch (IOException e) {
      throw new Broken(e);
    }
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws Broken {
    try {
      return super.read(bytes, offset, length);
    } catch (IOException e) {
      throw new Broken(e);
    }
  }

  /** It could not be read to its end. */
  static final class Broken extends IOException {
    private static final long serialVersionUID = 1L;

    Broken(IOException cause) {
      super("the source broke off", cause);
    }
  }
}
