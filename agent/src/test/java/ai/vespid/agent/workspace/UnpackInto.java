package ai.vespid.agent.workspace;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Unpacks an archive into a directory, in a process of its own, and prints how it ended. */
final class UnpackInto {
  private UnpackInto() {}

  public static void main(String[] arguments) throws IOException {
    try (var archive = Files.newInputStream(Path.of(arguments[0]))) {
      Archive.unpack(archive, Path.of(arguments[1]), 1 << 25, 100);
      System.out.println("unpacked");
    } catch (WorkspaceFailed e) {
      System.out.println("failed " + e.error());
    } catch (IOException e) {
      System.out.println("local " + e.getClass().getSimpleName());
    }
  }
}
