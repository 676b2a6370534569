package ai.vespid.worker.outbound;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.List;

/** Which addresses are on the public internet, and not this machine's or a private network's. */
final class Addresses {
  /** A block of IPv4 addresses. */
  private record Block(int network, int bits) {
    boolean has(int address) {
      return (address ^ network) >>> (32 - bits) == 0;
    }
  }

  /** The special-purpose blocks of IANA's registry that no public service has. */
  private static final List<Block> NOT_PUBLIC =
      List.of(
          block(0, 0, 0, 8),
          block(10, 0, 0, 8),
          block(100, 64, 0, 10),
          block(127, 0, 0, 8),
          block(169, 254, 0, 16),
          block(172, 16, 0, 12),
          block(192, 0, 0, 24),
          block(192, 0, 2, 24),
          block(192, 88, 99, 24),
          block(192, 168, 0, 16),
          block(198, 18, 0, 15),
          block(198, 51, 100, 24),
          block(203, 0, 113, 24),
          block(224, 0, 0, 3));

  private Addresses() {}

  private static Block block(int a, int b, int c, int bits) {
    return new Block(a << 24 | b << 16 | c << 8, bits);
  }

  static boolean isPublic(InetAddress address) {
    return switch (address) {
      case Inet4Address four -> isPublic(intOf(four.getAddress(), 0));
      case Inet6Address six -> isPublic(six.getAddress());
      default -> false;
    };
  }

  private static boolean isPublic(int address) {
    return NOT_PUBLIC.stream().noneMatch(block -> block.has(address));
  }

  private static boolean isPublic(byte[] six) {
    int first = (six[0] & 0xff) << 8 | six[1] & 0xff;
    int second = (six[2] & 0xff) << 8 | six[3] & 0xff;
    // An IPv4 address in another coat is judged by what is in it.
    if (first == 0x2002) return isPublic(intOf(six, 2));
    if (first == 0x64 && second == 0xff9b) return second(six) == 0 && isPublic(intOf(six, 12));
    boolean globalUnicast = (first & 0xe000) == 0x2000;
    boolean teredoOrTest = first == 0x2001 && (second < 0x200 || second == 0xdb8);
    boolean documentation = first == 0x3fff && second < 0x1000;
    return globalUnicast && !teredoOrTest && !documentation;
  }

  // The bytes between the prefix 64:ff9b::/96 and the embedded address.
  private static int second(byte[] six) {
    return intOf(six, 4) | intOf(six, 8);
  }

  private static int intOf(byte[] bytes, int at) {
    return (bytes[at] & 0xff) << 24
        | (bytes[at + 1] & 0xff) << 16
        | (bytes[at + 2] & 0xff) << 8
        | bytes[at + 3] & 0xff;
  }
}
