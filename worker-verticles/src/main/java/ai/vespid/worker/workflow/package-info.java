/**
 * The workflow runner: claims runs, carries out their nodes, and lets go of what waits. {@link
 * ai.vespid.worker.workflow.RunMachine} decides, the verticle carries out: what is committed is
 * never done again, and what is done was committed before as about to be done.
 *
 * <p>Owns the runs it has claimed, for as long as it renews its lease. When it dies, each is
 * claimed again at its last committed step; remote work goes on meanwhile and is asked for by the
 * same id.
 */
package ai.vespid.worker.workflow;
