package ai.vespid.agent.sandbox.docker;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * A program that makes one system call and ends with what the kernel said: its exit code is the
 * error number, or 0 when the call went through. Written as machine code, so that it runs in any
 * image and calls what no shell can.
 *
 * @param number of the call on x86-64
 * @param oldWay by the interrupt of 32-bit programs, past filters that know only one way
 */
public record Syscall(int number, long first, long second, boolean oldWay) {
  private static final int HEADERS = 64 + 56;
  private static final long BASE = 0x400000;

  public static Syscall of(int number, long... arguments) {
    return new Syscall(
        number,
        arguments.length > 0 ? arguments[0] : 0,
        arguments.length > 1 ? arguments[1] : 0,
        false);
  }

  /** Writes the program where a script of this machine's kind can start it. */
  public Path write(Path file) throws IOException {
    assumeTrue(System.getProperty("os.arch").equals("amd64"), "machine code for x86-64");
    var code = code();
    var program = ByteBuffer.allocate(HEADERS + code.length).order(ByteOrder.LITTLE_ENDIAN);
    program.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1}).position(16);
    program.putShort((short) 2).putShort((short) 62).putInt(1).putLong(BASE + HEADERS);
    program.putLong(64).putLong(0).putInt(0).putShort((short) 64).putShort((short) 56);
    program.putShort((short) 1).position(64);
    program.putInt(1).putInt(5).putLong(0).putLong(BASE).putLong(BASE);
    program.putLong(program.capacity()).putLong(program.capacity()).putLong(4096);
    program.put(code);
    Files.write(file, program.array());
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private byte[] code() {
    var code = new ByteArrayOutputStream();
    load(code, 0xb8, number);
    if (oldWay) {
      load(code, 0xbb, first);
      load(code, 0xb9, second);
      code.writeBytes(new byte[] {(byte) 0xcd, (byte) 0x80, 0x48, 0x63, (byte) 0xc0});
    } else {
      load(code, 0xbf, first);
      load(code, 0xbe, second);
      code.writeBytes(new byte[] {0x31, (byte) 0xd2, 0x4d, 0x31, (byte) 0xd2, 0x0f, 0x05});
    }
    // No error: exit with 0; else with the number of the error, which comes negative.
    code.writeBytes(new byte[] {0x31, (byte) 0xff, 0x48, (byte) 0x85, (byte) 0xc0});
    code.writeBytes(new byte[] {0x79, 0x05, (byte) 0xf7, (byte) 0xd8, (byte) 0x89, (byte) 0xc7});
    code.writeBytes(new byte[] {(byte) 0x90});
    load(code, 0xb8, 60);
    code.writeBytes(new byte[] {0x0f, 0x05});
    return code.toByteArray();
  }

  // Loads 32 bits into a register, which clears its other half.
  private static void load(ByteArrayOutputStream code, int opcode, long value) {
    var bytes = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt((int) value).array();
    code.write(opcode);
    code.writeBytes(bytes);
  }
}
