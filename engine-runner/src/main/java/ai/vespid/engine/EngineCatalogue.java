package ai.vespid.engine;

import ai.vespid.engine.runner.EngineRunnerSettings;
import ai.vespid.engine.runner.EngineRunnerVerticle;
import ai.vespid.kit.node.Catalogue;
import java.util.List;

/** The verticles of this module. */
public final class EngineCatalogue implements Catalogue {
  @Override
  public List<Entry> entries() {
    return List.of(
        new Entry("engine-runner", EngineRunnerSettings.class, EngineRunnerVerticle::new));
  }
}
