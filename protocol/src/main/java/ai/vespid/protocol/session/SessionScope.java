package ai.vespid.protocol.session;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Who shares a session (contract 4.5). Every session of scope {@code main} is one of its own. */
public enum SessionScope {
  @JsonProperty("main")
  MAIN("main"),
  @JsonProperty("per-peer")
  PER_PEER("per-peer"),
  @JsonProperty("per-channel-peer")
  PER_CHANNEL_PEER("per-channel-peer"),
  @JsonProperty("per-account-channel-peer")
  PER_ACCOUNT_CHANNEL_PEER("per-account-channel-peer");

  private final String text;

  SessionScope(String text) {
    this.text = text;
  }

  /** As it stands in tables, keys and answers. */
  public String text() {
    return text;
  }
}
