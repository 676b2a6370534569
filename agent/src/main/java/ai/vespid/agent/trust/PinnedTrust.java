package ai.vespid.agent.trust;

import ai.vespid.protocol.trust.Authorities;
import ai.vespid.protocol.trust.Distrust;
import java.net.Socket;
import java.security.cert.X509Certificate;
import java.util.Set;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/** Believes a gateway that its authorities vouch for and, when there are pins, whose key is one. */
final class PinnedTrust extends X509ExtendedTrustManager {
  private final Authorities authorities;
  private final Set<Pin> pins;

  PinnedTrust(Authorities authorities, Set<Pin> pins) {
    this.authorities = authorities;
    this.pins = Set.copyOf(pins);
  }

  // Of the gateway's own certificate alone: what else it sends need not be part of the chain.
  private void pinned(X509Certificate[] chain) throws Distrust {
    if (pins.isEmpty()) return;
    var pin = Pin.of(chain[0].getPublicKey());
    if (!pins.contains(pin)) {
      throw new Distrust(Distrust.Reason.PIN_MISMATCH, "its key is " + pin);
    }
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) throws Distrust {
    authorities.checkServerTrusted(chain, type);
    pinned(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
      throws Distrust {
    authorities.checkServerTrusted(chain, type, socket);
    pinned(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws Distrust {
    authorities.checkServerTrusted(chain, type, engine);
    pinned(chain);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) {
    throw new UnsupportedOperationException("an agent has no clients");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {
    throw new UnsupportedOperationException("an agent has no clients");
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {
    throw new UnsupportedOperationException("an agent has no clients");
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return authorities.getAcceptedIssuers();
  }
}
