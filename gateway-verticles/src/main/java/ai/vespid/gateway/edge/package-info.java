/**
 * The executor edge: it owns the sockets of agents. It lets in who has a good token, says what is
 * wrong when it does not, keeps for every socket the set of dispatches it holds, believes a result
 * only for one of those (defect D1), and closes what is silent, revoked or replaced.
 *
 * <p>After a restart agents reconnect and say what they still hold; nothing here needs to survive.
 */
package ai.vespid.gateway.edge;
