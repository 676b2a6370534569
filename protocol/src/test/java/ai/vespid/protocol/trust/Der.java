package ai.vespid.protocol.trust;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** As much of DER as a certificate of a test takes. */
final class Der {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);

  private Der() {}

  static byte[] of(int tag, byte[]... parts) {
    var content = new ByteArrayOutputStream();
    for (var part : parts) content.writeBytes(part);
    var all = new ByteArrayOutputStream();
    all.write(tag);
    int length = content.size();
    if (length < 128) {
      all.write(length);
    } else if (length < 256) {
      all.write(0x81);
      all.write(length);
    } else {
      all.write(0x82);
      all.write(length >> 8);
      all.write(length);
    }
    all.writeBytes(content.toByteArray());
    return all.toByteArray();
  }

  static byte[] sequence(byte[]... parts) {
    return of(0x30, parts);
  }

  static byte[] integer(BigInteger value) {
    return of(0x02, value.toByteArray());
  }

  static byte[] octets(byte[] value) {
    return of(0x04, value);
  }

  static byte[] bits(byte[] value) {
    return of(0x03, new byte[] {0}, value);
  }

  static byte[] time(Instant instant) {
    return of(0x18, TIME.format(instant).getBytes(StandardCharsets.US_ASCII));
  }

  static byte[] text(int tag, String value) {
    return of(tag, value.getBytes(StandardCharsets.UTF_8));
  }

  /** An object identifier of numbers below 16384. */
  static byte[] oid(int... numbers) {
    var content = new ByteArrayOutputStream();
    content.write(numbers[0] * 40 + numbers[1]);
    for (int i = 2; i < numbers.length; i++) {
      if (numbers[i] > 127) content.write(0x80 | numbers[i] >> 7);
      content.write(numbers[i] & 0x7f);
    }
    return of(0x06, content.toByteArray());
  }
}
