/** Who calls: what control issues and every socket of a person checks. */
package ai.vespid.kit.auth;
