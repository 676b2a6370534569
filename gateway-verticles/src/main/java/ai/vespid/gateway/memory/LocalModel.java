package ai.vespid.gateway.memory;

import dev.langchain4j.model.embedding.onnx.allminilml6v2q.AllMiniLmL6V2QuantizedEmbeddingModel;
import java.util.concurrent.Executors;

/**
 * all-MiniLM-L6-v2, quantized, out of a library on the class path: no network, no key. Loaded when
 * it is needed first, which takes about a second and a hundred megabytes.
 */
final class LocalModel implements Meaning.Model {
  private static final class Loaded {
    static final AllMiniLmL6V2QuantizedEmbeddingModel MODEL =
        new AllMiniLmL6V2QuantizedEmbeddingModel(Executors.newVirtualThreadPerTaskExecutor());
  }

  @Override
  public float[] embed(String text) {
    return Loaded.MODEL.embed(text).content().vector();
  }
}
