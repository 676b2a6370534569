package ai.vespid.simulation.runs;

import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.workflow.Definition;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

/** All that takes part, and what goes wrong with it. */
final class RunCluster {
  private static final double LOST = 0.1;
  private static final double LOST_OFTEN = 0.6;
  private static final Definition GRAPH =
      Definition.of(
          RawJson.of(
              """
              {"version":"v3","trigger":{"type":"trigger.manual"},"graph":{"nodes":{
              "a":{"id":"a","type":"http.request","config":{"url":"http://x.test"}},
              "r1":{"id":"r1","type":"agent.execute"},"r2":{"id":"r2","type":"agent.execute"},
              "b":{"id":"b","type":"http.request","config":{"url":"http://x.test"}},
              "j":{"id":"j","type":"parallel.join"},
              "c":{"id":"c","type":"condition","config":{"path":"$.go","op":"eq","value":true}},
              "y":{"id":"y","type":"agent.execute"},
              "n":{"id":"n","type":"http.request","config":{"url":"http://x.test"}},
              "r3":{"id":"r3","type":"agent.execute"},"r4":{"id":"r4","type":"agent.execute"}},
              "edges":[{"id":"1","from":"a","to":"r1"},{"id":"2","from":"a","to":"r2"},
              {"id":"3","from":"a","to":"b"},{"id":"4","from":"r1","to":"j"},
              {"id":"5","from":"r2","to":"j"},{"id":"6","from":"b","to":"j"},
              {"id":"7","from":"j","to":"c"},
              {"id":"8","from":"c","to":"y","kind":"cond_true"},
              {"id":"9","from":"c","to":"n","kind":"cond_false"},
              {"id":"10","from":"y","to":"r3"},{"id":"11","from":"r3","to":"r4"}]}}
              """));

  private final RunWorld world;
  private final RunMutant mutant;
  private final RunJudge judge;
  private final RunTable table;
  private final RunGateway gateway;
  private final List<SimWorker> workers = new ArrayList<>();
  private int lives;

  RunCluster(RunWorld world, RunMutant mutant) {
    this.world = world;
    this.mutant = mutant;
    judge = new RunJudge(world);
    table = new RunTable(world, mutant, judge);
    gateway = new RunGateway(world, mutant, judge);
    judge.watch(gateway);
    gateway.pushes((request, result) -> tell(worker -> worker.arrived(request, result)));
    int size = 1 + world.random.nextInt(3);
    for (int i = 0; i < size; i++) workers.add(born());
  }

  private SimWorker born() {
    return new SimWorker("worker-" + ++lives, this);
  }

  RunWorld world() {
    return world;
  }

  RunMutant mutant() {
    return mutant;
  }

  RunJudge judge() {
    return judge;
  }

  RunTable table() {
    return table;
  }

  RunGateway gateway() {
    return gateway;
  }

  Definition definition() {
    return GRAPH;
  }

  /** A fact on the bus: each worker hears it, or not. */
  void tell(Consumer<SimWorker> fact) {
    // Where missed news are never told, they have to be missed to be noticed.
    double lost = mutant == RunMutant.MISSED_NEWS_NOT_TOLD ? LOST_OFTEN : LOST;
    for (var worker : workers) {
      if (!world.chance(lost)) worker.hears(() -> fact.accept(worker));
    }
  }

  /** Somebody starts a run. */
  void start() {
    var bits = new UUID(world.random.nextLong(), world.random.nextLong());
    var row =
        new RunTable.Row(
            bits.toString(), RawJson.of("{\"go\":" + world.random.nextBoolean() + "}"));
    row.due = world.instant();
    table.add(row);
    tell(worker -> worker.due(row.id));
  }

  /** One thing goes wrong. */
  void trouble() {
    int place = world.random.nextInt(workers.size());
    var worker = workers.get(place);
    switch (world.random.nextInt(10)) {
      case 0, 1, 2 -> {
        worker.die();
        reborn(place);
      }
      case 3 -> {
        worker.stop();
        reborn(place);
      }
      case 4, 5 -> worker.stall(world.random.nextInt(25_000));
      case 6 -> gateway.die(world.random.nextInt(5_000));
      case 7 -> gateway.agentDies();
      case 8 -> {
        if (world.chance(0.2)) cancelOne();
      }
      default -> start();
    }
  }

  // The old life may go on for a while: stopping takes time.
  private void reborn(int place) {
    world.after(100 + world.random.nextInt(5_000), () -> workers.set(place, born()));
  }

  private void cancelOne() {
    for (var row : table.rows()) {
      if (row.status.terminal() || !world.chance(0.5)) continue;
      if (table.cancel(row)) tell(worker -> worker.canceled(row.id));
      return;
    }
  }
}
