/**
 * The scheduler: fires the slots of cron and heartbeat triggers. Which slot comes next stands in
 * PostgreSQL, and whoever moves it on starts its run in the same transaction, so that a slot fires
 * once however many schedulers there are (contract 5.8).
 *
 * <p>Holds no state; when all are gone, what was due meanwhile fires once when one is back.
 */
package ai.vespid.worker.schedule;
