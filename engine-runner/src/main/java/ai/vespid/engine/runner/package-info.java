/**
 * The runner of engines: takes questions over the bus and over HTTP, asks providers, and keeps what
 * they say until it was read. What was under way when it stops is lost: whoever asked asks another
 * runner as long as it heard nothing, else its turn fails.
 */
package ai.vespid.engine.runner;
