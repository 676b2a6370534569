package ai.vespid.simulation;

/**
 * Something that lives, may be killed, started again as another incarnation, or stopped for a while
 * and woken: then what came meanwhile comes late, and its own timers too.
 */
final class Actor {
  private final World world;
  private final String name;
  private int incarnation;
  private boolean alive;
  private long stoppedUntilMs;

  Actor(World world, String name) {
    this.world = world;
    this.name = name;
  }

  void start() {
    incarnation++;
    alive = true;
    stoppedUntilMs = 0;
    world.say(name, "starts as", incarnation);
  }

  void die() {
    alive = false;
    world.say(name, "dies");
  }

  // Never shortened: what waits for the end of a stop must not be overtaken.
  void stopFor(long ms) {
    stoppedUntilMs = Math.max(stoppedUntilMs, world.nowMs() + ms);
    world.say(name, "is stopped for", ms, "ms");
  }

  boolean alive() {
    return alive;
  }

  boolean lives(int someIncarnation) {
    return alive && incarnation == someIncarnation;
  }

  int incarnation() {
    return incarnation;
  }

  long stoppedUntilMs() {
    return stoppedUntilMs;
  }

  String name() {
    return name;
  }

  @Override
  public String toString() {
    return name;
  }
}
