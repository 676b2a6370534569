/**
 * What sessions remember, as markdown documents: written and searched by tools, synchronized with a
 * folder that people may edit. It owns the documents in the database and this node's copies of
 * them; after a restart the copies are compared again.
 */
package ai.vespid.gateway.memory;
