package ai.vespid.engine.provider;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.engine.Chunk;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;

/** What an engine says, for a test to wait for. */
public final class Heard implements Consumer<Chunk> {
  private static final int AWAIT_SECONDS = 15;

  private final BlockingQueue<Chunk> chunks = new LinkedBlockingQueue<>();

  @Override
  public void accept(Chunk chunk) {
    chunks.add(chunk);
  }

  public Chunk next() throws InterruptedException {
    var chunk = chunks.poll(AWAIT_SECONDS, SECONDS);
    assertThat(chunk).as("something said").isNotNull();
    return chunk;
  }

  /** Everything up to the end. */
  public List<Chunk> rest() throws InterruptedException {
    var all = new ArrayList<Chunk>();
    do {
      all.add(next());
    } while (!all.getLast().last());
    return all;
  }

  public Chunk last() throws InterruptedException {
    return rest().getLast();
  }

  public boolean silent() {
    return chunks.isEmpty();
  }
}
