/**
 * AI agents of workflows that think with a model here: asked, given what their tools answered,
 * asked again. A tool is a node of its own, judged and carried out as any other. What was thought
 * is kept nowhere: whoever goes on with a run lets its agent begin again, and calls it repeats
 * exactly are answered from the gateway's store.
 */
package ai.vespid.worker.agents;
