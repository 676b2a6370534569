package ai.vespid.simulation.sessions;

import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.session.SessionEvent;
import ai.vespid.protocol.session.SessionLimits;
import ai.vespid.simulation.runs.RunWorld;
import ai.vespid.sql.AgentSession;
import ai.vespid.sql.SessionOwnerRepository.Appended;
import ai.vespid.sql.SessionOwnerRepository.Behind;
import ai.vespid.sql.SessionOwnerRepository.Change;
import ai.vespid.sql.SessionOwnerRepository.Claim;
import ai.vespid.sql.SessionOwnerRepository.Claimed;
import ai.vespid.sql.SessionOwnerRepository.Forget;
import ai.vespid.sql.SessionOwnerRepository.Held;
import ai.vespid.sql.SessionOwnerRepository.Lost;
import ai.vespid.sql.SessionOwnerRepository.Nothing;
import ai.vespid.sql.SessionOwnerRepository.Pin;
import ai.vespid.sql.SessionOwnerRepository.Status;
import ai.vespid.sql.SessionOwnerRepository.Taken;
import ai.vespid.sql.SessionOwnerRepository.Unknown;
import ai.vespid.sql.SessionOwnerRepository.Written;
import ai.vespid.sql.SessionRow;
import io.vertx.pgclient.PgException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The tables of sessions, with the rules of the real statements: each call is one commit. */
final class SessionTable {
  /** One session and all its events. */
  static final class Row {
    final List<SessionRow> events = new ArrayList<>();
    AgentSession session;
    int epoch;
    String owner;
    long leaseUntilMs;
    long historyFromSeq;

    private Row(AgentSession session) {
      this.session = session;
    }

    String id() {
      return session.id();
    }

    /** Messages whose turn has not ended, in their order. */
    List<Long> open() {
      var open = new ArrayList<Long>();
      for (var event : events) {
        if (event.event().eventType().equals(SessionEvent.USER_MESSAGE)) open.add(event.turnSeq());
        else if (event.endsTurn()) open.remove(event.turnSeq());
      }
      return open;
    }
  }

  private final RunWorld world;
  private final SessionMutant mutant;
  private final SessionJudge judge;
  private final Map<String, Row> rows = new LinkedHashMap<>();

  SessionTable(RunWorld world, SessionMutant mutant, SessionJudge judge) {
    this.world = world;
    this.mutant = mutant;
    this.judge = judge;
  }

  Row create(String id, String organizationId) {
    var row = new Row(session(id, organizationId));
    rows.put(id, row);
    row.events.add(
        row(row, new SessionRow.New(SessionEvent.CREATED, "info", null, null, null, null, false)));
    return row;
  }

  private AgentSession session(String id, String organizationId) {
    var now = world.instant();
    return new AgentSession(
        id,
        organizationId,
        null,
        id,
        "main",
        null,
        "active",
        null,
        null,
        null,
        null,
        null,
        "scripted",
        null,
        null,
        null,
        List.of("shell.run"),
        SessionLimits.DEFAULT,
        null,
        "be brief",
        RawJson.of("{}"),
        now,
        now,
        now);
  }

  Row row(String id) {
    return rows.get(id);
  }

  Iterable<Row> rows() {
    return rows.values();
  }

  Claim claim(String id, String owner, Duration lease) {
    var row = rows.get(id);
    if (row == null) return new Unknown();
    boolean over = world.millis() >= row.leaseUntilMs && mutant != SessionMutant.LEASE_NEVER_ENDS;
    boolean free = row.owner == null || row.owner.equals(owner) || over;
    if (!free && mutant != SessionMutant.LEASE_NOT_AWAITED) return new Taken();
    judge.claims(row, owner);
    row.epoch++;
    row.owner = owner;
    row.leaseUntilMs = world.millis() + lease.toMillis();
    world.say("table", id + " is claimed by " + owner + ", epoch " + row.epoch);
    return new Claimed(row.session, row.epoch, row.events.size(), row.historyFromSeq);
  }

  Set<String> renew(List<Held> held, Duration lease) {
    var kept = new HashSet<String>();
    for (var one : held) {
      var row = rows.get(one.sessionId());
      if (row.epoch != one.epoch() || row.owner == null) continue;
      row.leaseUntilMs = world.millis() + lease.toMillis();
      kept.add(row.id());
    }
    return kept;
  }

  void release(Held held) {
    var row = rows.get(held.sessionId());
    if (row.epoch != held.epoch()) return;
    row.owner = null;
    row.leaseUntilMs = 0;
    world.say("table", row.id() + " is given back");
  }

  Appended append(Held held, long seq, List<SessionRow.New> events, Change change) {
    var row = rows.get(held.sessionId());
    boolean current = row.epoch == held.epoch() && row.owner != null;
    if (!current && mutant != SessionMutant.EPOCH_UNCHECKED) return new Lost();
    boolean next = row.events.size() == seq;
    if (!next && mutant != SessionMutant.NUMBER_UNCHECKED) return new Behind();
    if (mutant != SessionMutant.KEYS_NOT_COMPARED) unique(row, events);
    var added = new ArrayList<SessionRow>();
    if (!events.isEmpty() && mutant == SessionMutant.ANSWERED_BEFORE_COMMIT && world.chance(0.02)) {
      return new Written(List.of(row(row, events.getFirst())));
    }
    for (var event : events) {
      var one = row(row, event);
      judge.writes(row, held.epoch(), List.of(one));
      row.events.add(one);
      added.add(one);
      world.say("table", row.id() + " " + one.event().seq() + " " + SessionJudge.text(one));
    }
    switch (change) {
      case Nothing() -> {}
      case Pin(var id, var pool) -> row.session = row.session.withHost(id, pool);
      case Status(var status) -> row.session = row.session.withStatus(status);
      case Forget() -> {
        row.session = row.session.withHost(null, null);
        row.historyFromSeq = row.events.size() - added.size();
      }
    }
    return new Written(added);
  }

  private static void unique(Row row, List<SessionRow.New> events) {
    for (var event : events) {
      for (var before : row.events) {
        if (event.idempotencyKey() != null
            && event.idempotencyKey().equals(before.idempotencyKey())) {
          throw taken("agent_session_events_key");
        }
        if (event.endsTurn() && before.endsTurn() && event.turnSeq().equals(before.turnSeq())) {
          throw taken("agent_session_events_end");
        }
      }
    }
  }

  private static PgException taken(String constraint) {
    return new PgException(
        "duplicate key",
        "ERROR",
        "23505",
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        constraint);
  }

  private SessionRow row(Row row, SessionRow.New event) {
    long seq = row.events.size();
    boolean message = event.eventType().equals(SessionEvent.USER_MESSAGE);
    return new SessionRow(
        row.id() + seq,
        row.session.organizationId(),
        new SessionEvent(
            row.id(),
            seq,
            event.eventType(),
            event.level(),
            event.payload(),
            Instant.ofEpochMilli(world.millis()).toString()),
        event.idempotencyKey(),
        event.userId(),
        message ? Long.valueOf(seq) : event.turnSeq(),
        event.endsTurn());
  }

  Optional<SessionRow> byKey(String id, String key) {
    if (mutant == SessionMutant.KEYS_NOT_COMPARED) return Optional.empty();
    return rows.get(id).events.stream()
        .filter(event -> key.equals(event.idempotencyKey()))
        .findFirst();
  }

  List<SessionRow> openTurns(String id) {
    var row = rows.get(id);
    var open = new ArrayList<SessionRow>();
    for (var seq : row.open()) open.add(row.events.get((int) (long) seq));
    if (mutant == SessionMutant.TURNS_UNORDERED) Collections.shuffle(open, world.random);
    return open;
  }

  List<SessionRow> last(String id, long fromSeq, int limit) {
    var events =
        rows.get(id).events.stream()
            .filter(event -> event.event().seq() >= fromSeq)
            .filter(event ->
                mutant != SessionMutant.STEPS_FORGOTTEN
                    || !event.event().eventType().startsWith("tool_"))
            .toList();
    return events.subList(Math.max(0, events.size() - limit), events.size());
  }

  List<SessionEvent> history(String id, long afterSeq, int limit) {
    if (mutant == SessionMutant.GAPS_NOT_READ) return List.of();
    return rows.get(id).events.stream()
        .map(SessionRow::event)
        .filter(event -> event.seq() > afterSeq)
        .limit(limit)
        .toList();
  }

  List<String> orphans() {
    return rows.values().stream()
        .filter(row -> !row.open().isEmpty())
        .filter(row -> row.owner == null || world.millis() >= row.leaseUntilMs)
        .map(Row::id)
        .toList();
  }
}
