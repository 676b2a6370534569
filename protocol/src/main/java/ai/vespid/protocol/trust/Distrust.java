package ai.vespid.protocol.trust;

import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.CertificateRevokedException;

/** A certificate is not believed, and why. It travels through a TLS handshake as a cause. */
public final class Distrust extends CertificateException {
  private static final long serialVersionUID = 1L;

  /** Why a certificate is not believed. */
  public enum Reason {
    /** No authority that is known vouches for it, or not for this use. */
    UNTRUSTED,
    /** It, or one above it, is not valid today. */
    EXPIRED,
    REVOKED,
    /** Revocation is asked for, and no valid list speaks of it. */
    REVOCATION_UNKNOWN,
    /** It is somebody else's. */
    NAME_MISMATCH,
    /** Its key is none of the pinned ones. */
    PIN_MISMATCH
  }

  private final Reason reason;

  public Distrust(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }

  /** What a failed check of Java's means. */
  static Distrust of(CertificateException failure) {
    if (failure instanceof Distrust known) return known;
    return new Distrust(reasonOf(failure), String.valueOf(failure.getMessage()));
  }

  private static Reason reasonOf(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      switch (cause) {
        case CertificateExpiredException _, CertificateNotYetValidException _ -> {
          return Reason.EXPIRED;
        }
        case CertificateRevokedException _ -> {
          return Reason.REVOKED;
        }
        case CertPathValidatorException path when path.getReason() == BasicReason.REVOKED -> {
          return Reason.REVOKED;
        }
        case CertPathValidatorException path
            when path.getReason() == BasicReason.UNDETERMINED_REVOCATION_STATUS -> {
          return Reason.REVOCATION_UNKNOWN;
        }
        default -> {}
      }
    }
    // Java says this one in words alone.
    var message = String.valueOf(failure.getMessage());
    return message.startsWith("No subject alternative") || message.startsWith("No name matching")
        ? Reason.NAME_MISMATCH
        : Reason.UNTRUSTED;
  }

  /** The distrust that a failed handshake was about, or null when it was about something else. */
  public static Distrust within(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof CertificateException certificate) return of(certificate);
    }
    return null;
  }
}
