package ai.vespid.gateway.control;

import ai.vespid.kit.node.Catalogue;
import java.util.List;

/** Offers the {@code control} verticle. */
public final class ControlCatalogue implements Catalogue {
  @Override
  public List<Entry> entries() {
    return List.of(
        new Entry("control", ControlSettings.class, (node, _) -> new ControlVerticle(node)));
  }
}
