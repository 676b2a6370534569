package ai.vespid.agent.session;

import ai.vespid.agent.workspace.Deletion;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Folders of sessions whose provider has no memory of its own: one each, named after the handle,
 * with a note of what it is for.
 *
 * @param prefix of all names
 */
public record SessionFolder(Path root, String prefix) {
  private static final String NOTE = "session.json";
  private static final String PORTS = "ports.json";

  public Path of(String handle) {
    return root.resolve(prefix + handle);
  }

  /** Makes the folder of a session; nobody else can look into it. */
  public Path make(String handle) throws IOException {
    return Files.createDirectories(
        of(handle),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  public boolean exists(String handle) {
    return Files.isDirectory(of(handle));
  }

  /** Writes the note; without the environment, which the agent keeps elsewhere. */
  public void remember(SessionRecord session) throws IOException {
    Files.write(of(session.handle()).resolve(NOTE), Json.write(session.withoutEnvironment()));
  }

  /** What the note tells; null when there is none that can be read. */
  public SessionRecord recall(String handle) throws IOException {
    var note = of(handle).resolve(NOTE);
    if (!Files.exists(note)) return null;
    try {
      return Json.read(Files.readAllBytes(note), SessionRecord.class);
    } catch (InvalidMessage e) {
      return null;
    }
  }

  /** Notes at which ports of this machine its services are. */
  public void rememberPorts(String handle, Map<String, Integer> ports) throws IOException {
    Files.write(of(handle).resolve(PORTS), Json.write(ports));
  }

  /** Where they were last; none when nothing was noted. */
  public Map<String, Integer> ports(String handle) throws IOException {
    var note = of(handle).resolve(PORTS);
    if (!Files.exists(note)) return Map.of();
    try {
      var ports = new HashMap<String, Integer>();
      Json.read(Files.readAllBytes(note), JsonNode.class)
          .properties()
          .forEach(entry -> ports.put(entry.getKey(), entry.getValue().asInt()));
      return ports;
    } catch (InvalidMessage e) {
      return Map.of();
    }
  }

  /** The handles of all of them. */
  public List<String> handles() throws IOException {
    var handles = new ArrayList<String>();
    if (!Files.isDirectory(root)) return handles;
    try (var folders = Files.newDirectoryStream(root, prefix + "*")) {
      for (var folder : folders) {
        handles.add(folder.getFileName().toString().substring(prefix.length()));
      }
    }
    return handles;
  }

  public void remove(String handle) throws IOException {
    Deletion.of(of(handle));
  }
}
