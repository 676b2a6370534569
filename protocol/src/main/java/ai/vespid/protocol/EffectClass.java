package ai.vespid.protocol;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What may be done with a dispatch whose holder vanished. */
public enum EffectClass {
  /** Never offered again unless the agent is known not to have begun. The default. */
  @JsonProperty("at-most-once")
  AT_MOST_ONCE,
  /** Offered again as soon as its holder is suspect: running it twice does no harm. */
  @JsonProperty("retry-safe")
  RETRY_SAFE
}
