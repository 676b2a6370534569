package ai.vespid.kit.node;

import io.vertx.core.Deployable;
import java.util.List;

/** The verticles one module offers; found with {@link java.util.ServiceLoader}. */
public interface Catalogue {
  List<Entry> entries();

  /**
   * One kind of verticle.
   *
   * @param name how {@code conf/*.json} calls it
   * @param settings the record its {@code config} section is bound to; its keys are the only ones
   * @param factory makes one instance
   */
  record Entry(String name, Class<? extends Record> settings, Factory factory) {}

  /**
   * {@code shard} counts the instances of this node from 0; stateful verticles put it into their
   * address.
   */
  @FunctionalInterface
  interface Factory {
    Deployable create(Node node, int shard);
  }
}
