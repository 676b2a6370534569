package ai.vespid.agent.sandbox.docker;

import ai.vespid.protocol.Json;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Which system calls a container may make, as the engine takes it: JSON text, not a path. */
final class SeccompProfile {
  private static final String SHIPPED = "seccomp.json";
  private static final String UNCONFINED = "unconfined";
  private static final long BYTES_MAX = 1024 * 1024;

  private SeccompProfile() {}

  /** The allow-list that comes with the agent. */
  static String shipped() {
    try (var in = SeccompProfile.class.getResourceAsStream(SHIPPED)) {
      if (in == null) throw new IllegalStateException("the agent was built without " + SHIPPED);
      // As it is: every start reads it, and a test that it is well-formed.
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Reads a profile of the operator's.
   *
   * @param path of a file, or {@code unconfined} for none
   * @throws IOException with a message for people when it is none
   */
  static String read(String path) throws IOException {
    if (path.equals(UNCONFINED)) return UNCONFINED;
    var file = Path.of(path);
    if (!Files.isRegularFile(file) || Files.size(file) > BYTES_MAX) {
      throw new IOException("not a readable file");
    }
    return compact(Files.readAllBytes(file));
  }

  private static String compact(byte[] json) throws IOException {
    JsonNode profile;
    try {
      profile = Json.copyOfMapper().readTree(json);
    } catch (JsonProcessingException e) {
      throw new IOException("malformed JSON");
    }
    // An engine takes an object without it for one that lets everything through.
    if (!profile.path("defaultAction").asText().startsWith("SCMP_ACT_")) {
      throw new IOException("it has no defaultAction");
    }
    if (!profile.path("syscalls").isArray()) throw new IOException("it has no list of syscalls");
    return profile.toString();
  }
}
