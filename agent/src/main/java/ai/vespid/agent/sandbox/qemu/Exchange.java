package ai.vespid.agent.sandbox.qemu;

import ai.vespid.agent.sandbox.Ownership;
import ai.vespid.agent.sandbox.ShellOutput;
import ai.vespid.agent.sandbox.docker.DockerOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;

/**
 * One call in a machine, as files in its control folder: the agent writes {@code task} and {@code
 * limit}, the machine {@code stdout}, {@code stderr} and last {@code code}.
 */
record Exchange(Path folder, int charsMax) {
  private static final int BYTES_PER_CHAR = 4;
  private static final int BLOCK_BYTES = 512;

  /** Writes what is to be run, where only its user can read it. */
  void ask(String program, Map<String, String> variables, DockerOptions.User user)
      throws IOException {
    Files.createDirectories(folder);
    var script = new StringBuilder();
    for (var variable : variables.entrySet()) {
      script.append("export ").append(variable.getKey()).append('=');
      script.append(Machine.quoted(variable.getValue())).append('\n');
    }
    script.append(program).append('\n');
    // In blocks; what is more than fits tells that there was more.
    Files.writeString(folder.resolve("limit"), charsMax * BYTES_PER_CHAR / BLOCK_BYTES + 2 + "\n");
    Files.writeString(folder.resolve("task"), script);
    Ownership.give(folder, user.uid(), user.gid());
  }

  /** Null while it has not ended. */
  Integer code() throws IOException {
    try {
      var text = Files.readString(folder.resolve("code")).strip();
      return text.matches("\\d{1,3}") ? Integer.valueOf(text) : null;
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  ShellOutput output(String backend, Integer code, boolean timedOut) throws IOException {
    var out = stream("stdout");
    var err = stream("stderr");
    return new ShellOutput(
        backend, code, timedOut, out.text, err.text, out.truncated, err.truncated);
  }

  private record Stream(String text, boolean truncated) {}

  // A machine could write more than it was told to; more than that is not read.
  private Stream stream(String name) throws IOException {
    var file = folder.resolve(name);
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      return new Stream("", false);
    }
    byte[] bytes;
    try (var in = Files.newInputStream(file)) {
      bytes = in.readNBytes(charsMax * BYTES_PER_CHAR + BLOCK_BYTES);
    }
    var chars = CharBuffer.allocate(bytes.length + 1);
    StandardCharsets.UTF_8
        .newDecoder()
        .onMalformedInput(CodingErrorAction.REPLACE)
        .onUnmappableCharacter(CodingErrorAction.REPLACE)
        .decode(ByteBuffer.wrap(bytes), chars, true);
    var text = chars.flip().toString();
    if (text.length() <= charsMax) return new Stream(text, false);
    // A pair cut in half is no character.
    int end = Character.isHighSurrogate(text.charAt(charsMax - 1)) ? charsMax - 1 : charsMax;
    return new Stream(text.substring(0, end), true);
  }
}
