package ai.vespid.engine.provider;

import java.util.Map;

/**
 * Whose account a provider is asked with, and where.
 *
 * @param key may be null: a model on one's own machine needs none
 * @param address the whole base of the provider's paths
 * @param headers sent instead of the key
 */
record Account(String key, String address, Map<String, String> headers) {
  Account(String key, String address) {
    this(key, address, Map.of());
  }

  @Override
  public String toString() {
    return "Account[" + address + "]";
  }
}
