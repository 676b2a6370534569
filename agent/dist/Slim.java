import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Set;

/**
 * Takes out of a class what an agent never reads and would keep in memory with it: names and places
 * of local variables, which only debuggers look at. Lines stay, so that a stack trace says where
 * something went wrong.
 */
final class Slim {
  private static final Set<String> LEFT_OUT = Set.of("LocalVariableTable", "LocalVariableTypeTable");

  private final DataInputStream in;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final DataOutputStream out = new DataOutputStream(bytes);
  private String[] names;

  private Slim(byte[] classFile) {
    in = new DataInputStream(new ByteArrayInputStream(classFile));
  }

  static byte[] slim(byte[] classFile) throws IOException {
    return new Slim(classFile).slimmed();
  }

  // In the order of the format (JVMS 4.1).
  private byte[] slimmed() throws IOException {
    copy(8);
    constants();
    copy(6);
    copy(2 * copyCount());
    members();
    members();
    attributes();
    return bytes.toByteArray();
  }

  private void copy(int count) throws IOException {
    out.write(in.readNBytes(count));
  }

  private int copyCount() throws IOException {
    int count = in.readUnsignedShort();
    out.writeShort(count);
    return count;
  }

  private void constants() throws IOException {
    names = new String[copyCount()];
    for (int i = 1; i < names.length; i++) {
      int tag = in.readUnsignedByte();
      out.writeByte(tag);
      switch (tag) {
        case 1 -> {
          names[i] = in.readUTF();
          out.writeUTF(names[i]);
        }
        case 5, 6 -> {
          copy(8);
          i++; // It takes two places.
        }
        case 15 -> copy(3);
        case 7, 8, 16, 19, 20 -> copy(2);
        default -> copy(4);
      }
    }
  }

  private void members() throws IOException {
    int count = copyCount();
    for (int i = 0; i < count; i++) {
      copy(6);
      attributes();
    }
  }

  private void attributes() throws IOException {
    int count = in.readUnsignedShort();
    var kept = new ByteArrayOutputStream();
    int left = 0;
    for (int i = 0; i < count; i++) {
      int name = in.readUnsignedShort();
      var content = in.readNBytes(in.readInt());
      if (LEFT_OUT.contains(names[name])) continue;
      if (names[name].equals("Code")) content = code(content);
      var to = new DataOutputStream(kept);
      to.writeShort(name);
      to.writeInt(content.length);
      to.write(content);
      left++;
    }
    out.writeShort(left);
    out.write(kept.toByteArray());
  }

  private byte[] code(byte[] content) throws IOException {
    var inner = new Slim(content);
    inner.names = names;
    inner.copy(4);
    int length = inner.in.readInt();
    inner.out.writeInt(length);
    inner.copy(length);
    inner.copy(8 * inner.copyCount());
    inner.attributes();
    return inner.bytes.toByteArray();
  }
}
