package ai.vespid.gateway.sessions;

import ai.vespid.kit.engine.Engines;
import ai.vespid.kit.node.HomeCalls;
import ai.vespid.kit.node.Surroundings;

/** What every session of a shard stands on. */
record World(
    Surroundings here,
    HomeCalls homes,
    SessionRows owners,
    Pinning pinning,
    Tools tools,
    ShellPolicy shells,
    Engines engines,
    Keys keys) {
  /** One whose sessions bring no keys. */
  World(
      Surroundings here,
      HomeCalls homes,
      SessionRows owners,
      Pinning pinning,
      Tools tools,
      ShellPolicy shells,
      Engines engines) {
    this(here, homes, owners, pinning, tools, shells, engines, Keys.NONE);
  }
}
