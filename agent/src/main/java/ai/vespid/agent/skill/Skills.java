package ai.vespid.agent.skill;

import ai.vespid.agent.sandbox.Sandboxes;
import ai.vespid.agent.tool.JsonSchema;
import ai.vespid.agent.tool.Tool;
import ai.vespid.agent.tool.ToolCall;
import ai.vespid.agent.tool.ToolFailed;
import ai.vespid.agent.tool.ToolSource;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The skills in a folder, as tools {@code skill.<id>}. The folder is read anew whenever they are
 * asked for, so that a skill that is put there can be used at once. One that is invalid is left out
 * and told once, for its owner.
 */
public final class Skills implements ToolSource {
  private static final Logger LOG = LoggerFactory.getLogger(Skills.class);
  private static final String PREFIX = "skill.";
  private static final int MANIFEST_BYTES_MAX = 1 << 20;
  private static final int MANUAL_CHARS_MAX = 20_000;
  private static final int SKILLS_MAX = 500;

  private final Path folder;
  private final SkillRun run;
  // What was wrong with a skill when it was last told.
  private final Map<String, String> told = new ConcurrentHashMap<>();

  /** One that can be used. */
  record Skill(Path folder, SkillManifest manifest) {}

  public Skills(Path folder, Sandboxes sandboxes) {
    this.folder = folder;
    this.run = new SkillRun(sandboxes);
  }

  @Override
  public String prefix() {
    return PREFIX;
  }

  @Override
  public boolean needsFiles() {
    return true;
  }

  @Override
  public List<Tool> tools() {
    return all().values().stream().map(Skills::tool).toList();
  }

  private static Tool tool(Skill skill) {
    var manifest = skill.manifest();
    var manual = manual(skill.folder());
    var description = manual.map(text -> manifest.description() + "\n\n" + text);
    return new Tool(
        PREFIX + manifest.id(), description.orElse(manifest.description()), manifest.inputSchema());
  }

  private static Optional<String> manual(Path folder) {
    var file = folder.resolve("SKILL.md");
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) return Optional.empty();
    try (var in = Files.newInputStream(file)) {
      // A character has at most four bytes.
      var text = new String(in.readNBytes(MANUAL_CHARS_MAX * 4), StandardCharsets.UTF_8).strip();
      return Optional.of(text.substring(0, Math.min(MANUAL_CHARS_MAX, text.length())))
          .filter(manual -> !manual.isEmpty());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  @Override
  public RawJson use(ToolCall call) throws ToolFailed, IOException, InterruptedException {
    var id = call.toolId().substring(PREFIX.length());
    var skill = SkillManifest.ID.matcher(id).matches() ? read(folder.resolve(id)) : null;
    if (skill == null) throw new ToolFailed(ErrorCode.SKILL_NOT_FOUND.with(id), null);
    return run.run(skill, call);
  }

  private Map<String, Skill> all() {
    var all = new TreeMap<String, Skill>();
    try (Stream<Path> folders = Files.list(folder)) {
      for (var each : (Iterable<Path>) folders.sorted().limit(SKILLS_MAX)::iterator) {
        var skill = read(each);
        if (skill != null) all.put(skill.manifest().id(), skill);
      }
    } catch (NoSuchFileException | NotDirectoryException e) {
      return all; // Nobody has put a skill there.
    } catch (IOException e) {
      tell(folder, "cannot be read");
    }
    return all;
  }

  // Null when there is none, or none that can be used.
  private Skill read(Path each) {
    var file = each.resolve("skill.json");
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) return null;
    try {
      if (Files.size(file) > MANIFEST_BYTES_MAX) throw new IOException("is too large");
      var manifest = Json.read(Files.readAllBytes(file), SkillManifest.class);
      if (!manifest.id().equals(each.getFileName().toString())) {
        throw new InvalidMessage("id", "must be the name of its folder");
      }
      JsonSchema.of(manifest.inputSchema());
      told.remove(each.toString());
      return new Skill(each, manifest);
    } catch (InvalidMessage | IOException | IllegalArgumentException e) {
      tell(each, e.getMessage());
      return null;
    }
  }

  private void tell(Path what, String why) {
    if (why.equals(told.put(what.toString(), why))) return;
    LOG.atWarn().addKeyValue("path", what).addKeyValue("cause", why).log("a skill cannot be used");
  }
}
