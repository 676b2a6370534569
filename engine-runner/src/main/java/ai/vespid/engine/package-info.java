/** The verticles that ask models, as the server finds them. */
package ai.vespid.engine;
