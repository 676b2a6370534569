/**
 * AI agents of workflows that think with a model here: asked, given what their tools answered,
 * asked again. A tool is a node of its own, judged and carried out as any other. Each answer of the
 * model and of a tool is kept with its run before it counts: whoever goes on with the run goes on
 * there.
 */
package ai.vespid.worker.agents;
