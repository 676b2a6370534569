package ai.vespid.bench.fault;

/**
 * One thing that goes wrong under load. Its name is the row of the plan.
 *
 * @param gatewaysMin how many gateways it needs
 */
record Scenario(String name, int gatewaysMin, Load.Mix mix, Tolerance tolerance, Fault fault) {
  static final Load.Mix USUAL = new Load.Mix(60, true, 60_000, 15);
  // Room for the work of a second: nothing is refused for want of it while an agent moves.
  static final Load.Mix BUSY = new Load.Mix(300, true, 60_000, 60);

  /** What happens. */
  @FunctionalInterface
  interface Fault {
    /** Blocks while it goes on; the load goes on beside it. All is mended when it returns. */
    void happen(Trial trial) throws InterruptedException;
  }

  static Scenario of(String name, Tolerance tolerance, Fault fault) {
    return new Scenario(name, 1, USUAL, tolerance, fault);
  }

  static Scenario ofCluster(String name, Tolerance tolerance, Fault fault) {
    return new Scenario(name, 2, USUAL, tolerance, fault);
  }
}
