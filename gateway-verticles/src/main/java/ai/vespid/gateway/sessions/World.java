package ai.vespid.gateway.sessions;

import ai.vespid.kit.engine.Engines;
import ai.vespid.kit.node.HomeCalls;
import ai.vespid.kit.node.Surroundings;
import ai.vespid.sql.SessionOwnerRepository;

/** What every session of a shard stands on. */
record World(
    Surroundings here,
    HomeCalls homes,
    SessionOwnerRepository owners,
    Pinning pinning,
    Tools tools,
    Engines engines,
    Keys keys) {
  /** One whose sessions bring no keys. */
  World(
      Surroundings here,
      HomeCalls homes,
      SessionOwnerRepository owners,
      Pinning pinning,
      Tools tools,
      Engines engines) {
    this(here, homes, owners, pinning, tools, engines, Keys.NONE);
  }
}
