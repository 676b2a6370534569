package ai.vespid.bench.fault;

import ai.vespid.bench.fault.GatewayClient.Answer;
import ai.vespid.bench.fault.History.Event;
import ai.vespid.bench.fault.History.Mode;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;

/** Asks gateways for every result once more: none may know another one, or lack an accepted one. */
final class ReadBack {
  private static final Duration ANSWER_MAX = Duration.ofSeconds(5);
  private static final int TRIES_MAX = 5;
  private static final int AT_ONCE_MAX = 32;

  private final GatewayClient client;
  private final History history;
  private final Semaphore turns = new Semaphore(AT_ONCE_MAX);

  ReadBack(GatewayClient client, History history) {
    this.client = client;
    this.history = history;
  }

  void from(List<GatewayProcess> gateways) {
    var must = new LinkedHashMap<String, Boolean>();
    for (var event : history.events()) {
      if (event instanceof Event.Posted posted) must.put(posted.id(), false);
      if (event instanceof Event.Accepted accepted) must.put(accepted.id(), true);
    }
    read(gateways, must);
  }

  /** Those that were accepted only. */
  void fromDatabase(GatewayProcess gateway) {
    var must = new LinkedHashMap<String, Boolean>();
    for (var event : history.events()) {
      if (event instanceof Event.Posted(long _, String id, long _, Mode mode, var _)
          && mode == Mode.ASYNC) {
        must.put(id, false);
      }
      if (event instanceof Event.Accepted accepted) must.put(accepted.id(), true);
    }
    read(List.of(gateway), must);
  }

  private void read(List<GatewayProcess> gateways, Map<String, Boolean> must) {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      must.forEach((id, needed) -> {
        for (var gateway : gateways) threads.submit(() -> read(gateway, id, needed));
      });
    }
  }

  private void read(GatewayProcess gateway, String id, boolean needed) {
    turns.acquireUninterruptibly();
    try {
      var by = gateway.name() + " in the end";
      Answer answer = client.read(gateway, id, ANSWER_MAX);
      for (int tries = 1; answer instanceof Answer.Passing && tries < TRIES_MAX; tries++) {
        answer = client.read(gateway, id, ANSWER_MAX);
      }
      switch (answer) {
        case Answer.Result(Outcome outcome) ->
            history.add(new Event.Decided(history.nowMs(), id, by, outcome));
        case Answer.NotReady _ -> {
          if (needed) history.add(new Event.Missing(history.nowMs(), id, by));
        }
        case Answer.Passing(String cause) ->
            history.add(new Event.Misanswered(history.nowMs(), id, by + " " + cause));
        case Answer.Wrong(String wrong) ->
            history.add(new Event.Misanswered(history.nowMs(), id, by + " " + wrong));
        case Answer.Accepted _ -> throw new IllegalStateException("reading accepts nothing");
      }
    } finally {
      turns.release();
    }
  }
}
