/**
 * What a workflow is: its DSL in the versions v2 (a list) and v3 (a graph), read and validated into
 * one normal form, {@link ai.vespid.protocol.workflow.Definition}, which runs are made of. Nothing
 * here keeps state or knows how a node is executed (contract 6).
 */
package ai.vespid.protocol.workflow;
