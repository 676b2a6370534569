/**
 * Providers of models: what is asked in our words is asked in theirs, through LangChain4j, and what
 * they say comes back piece by piece. Each call has a virtual thread, so that who reads slowly
 * slows down what is read from the provider, and ending a call closes its request.
 *
 * <p>How many calls run at once, what is tried again and when a provider is left alone is decided
 * here, for each provider by itself.
 */
package ai.vespid.engine.provider;
