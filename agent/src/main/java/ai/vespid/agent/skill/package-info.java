/**
 * Skills (contract 7.8): folders with a {@code skill.json}, a program and, for engines, a {@code
 * SKILL.md}. Each use runs in a sandbox on a copy, in the run's files, with its input checked
 * against the skill's schema first.
 */
package ai.vespid.agent.skill;
