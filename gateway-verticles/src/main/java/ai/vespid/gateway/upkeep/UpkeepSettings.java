package ai.vespid.gateway.upkeep;

import ai.vespid.sql.UpkeepRepository.Kind;
import java.time.Duration;

/**
 * The {@code upkeep} section. What has ended is kept this long, for people who ask what happened.
 *
 * @param every how often it is looked for
 * @param batchMax rows of one statement
 * @param archiveBatchMax archives of one statement, each of up to 256 pieces
 * @param batchesMax statements of one kind in one round; the rest waits for the next
 * @param sessions logins after they ran out or were ended
 * @param pairingTokens tokens after they ran out or were redeemed; until then who comes with an
 *     expired one is told so
 * @param invitations after they ran out
 * @param oldVersions files of a run after a newer version came, at least as long as a dispatch and
 *     its download may take
 * @param unusedArchives files that were stored and never became a version, at least as long as an
 *     agent may keep a result that it could not deliver
 * @param executorEvents what happened to connections of executors
 * @param executorReadings how executors said they were
 * @param runs runs of workflows after their end, with all that was told of them
 */
public record UpkeepSettings(
    Duration every,
    Integer batchMax,
    Integer archiveBatchMax,
    Integer batchesMax,
    Duration sessions,
    Duration pairingTokens,
    Duration invitations,
    Duration oldVersions,
    Duration unusedArchives,
    Duration executorEvents,
    Duration executorReadings,
    Duration runs) {
  // The longest dispatch, the ten minutes its URLs outlive it, and the longest download.
  private static final Duration FILES_MIN = Duration.ofMinutes(30);

  private static final Duration ANY = Duration.ofMinutes(1);

  public UpkeepSettings {
    every = or(every, Duration.ofMinutes(5));
    if (!every.isPositive()) throw new IllegalArgumentException("every must be positive");
    batchMax = within("batchMax", batchMax, 500);
    archiveBatchMax = within("archiveBatchMax", archiveBatchMax, 5);
    batchesMax = within("batchesMax", batchesMax, 1_000);
    sessions = atLeast("sessions", or(sessions, Duration.ofDays(7)), Duration.ZERO);
    pairingTokens = atLeast("pairingTokens", or(pairingTokens, Duration.ofDays(1)), Duration.ZERO);
    invitations = atLeast("invitations", or(invitations, Duration.ofDays(30)), Duration.ZERO);
    oldVersions = atLeast("oldVersions", or(oldVersions, Duration.ofHours(1)), FILES_MIN);
    unusedArchives = atLeast("unusedArchives", or(unusedArchives, Duration.ofDays(1)), FILES_MIN);
    executorEvents = atLeast("executorEvents", or(executorEvents, Duration.ofDays(30)), ANY);
    executorReadings = atLeast("executorReadings", or(executorReadings, Duration.ofDays(7)), ANY);
    runs = atLeast("runs", or(runs, Duration.ofDays(90)), Duration.ofMinutes(1));
  }

  /** How long that is kept. */
  Duration kept(Kind kind) {
    return switch (kind) {
      case SESSIONS -> sessions;
      case PAIRING_TOKENS -> pairingTokens;
      case INVITATIONS -> invitations;
      case LOGIN_STATES -> Duration.ZERO;
      case OLD_VERSIONS -> oldVersions;
      case UNUSED_ARCHIVES -> unusedArchives;
      case EXECUTOR_EVENTS -> executorEvents;
      case EXECUTOR_READINGS -> executorReadings;
      case RUNS -> runs;
    };
  }

  int batch(Kind kind) {
    return switch (kind) {
      case SESSIONS,
          PAIRING_TOKENS,
          INVITATIONS,
          LOGIN_STATES,
          EXECUTOR_EVENTS,
          EXECUTOR_READINGS,
          RUNS ->
          batchMax;
      case OLD_VERSIONS, UNUSED_ARCHIVES -> archiveBatchMax;
    };
  }

  private static Duration or(Duration value, Duration otherwise) {
    return value == null ? otherwise : value;
  }

  private static int within(String name, Integer value, int otherwise) {
    if (value == null) return otherwise;
    if (value >= 1 && value <= 10_000) return value;
    throw new IllegalArgumentException("%s must be from 1 to 10000: %d".formatted(name, value));
  }

  private static Duration atLeast(String name, Duration value, Duration min) {
    if (value.compareTo(min) >= 0) return value;
    throw new IllegalArgumentException("%s must be at least %s: %s".formatted(name, min, value));
  }
}
