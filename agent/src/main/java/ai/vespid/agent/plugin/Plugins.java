package ai.vespid.agent.plugin;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds the plugins of a folder: each jar by itself, with libraries of its own. */
public final class Plugins {
  private static final Logger LOG = LoggerFactory.getLogger(Plugins.class);
  private static final String NAME = "[A-Za-z0-9_-]{1,60}";
  private static final Set<PosixFilePermission> OTHERS =
      Set.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);

  private Plugins() {}

  /**
   * All that can be loaded, by name. What cannot be is told in the log.
   *
   * @param folder null for none
   */
  public static Map<String, CommandPlugin> load(Path folder) {
    var found = new LinkedHashMap<String, CommandPlugin>();
    if (folder == null) return found;
    for (var jar : jars(folder)) {
      try {
        load(jar, found);
      } catch (IOException
          | RuntimeException
          | ServiceConfigurationError
          | LinkageError
          | OutOfMemoryError e) {
        // Whatever a jar does when it is read, the agent goes on without it.
        leftOut(jar, e.getClass().getSimpleName());
      }
    }
    return found;
  }

  private static List<Path> jars(Path folder) {
    try (var files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(".jar")).sorted().toList();
    } catch (IOException e) {
      leftOut(folder, "it cannot be read");
      return List.of();
    }
  }

  private static void load(Path jar, Map<String, CommandPlugin> found) throws IOException {
    if (Files.getPosixFilePermissions(jar).stream().anyMatch(OTHERS::contains)) {
      leftOut(jar, "others may write to it");
      return;
    }
    // Never closed: its classes are read as they are used.
    var loader =
        new URLClassLoader(new URL[] {jar.toUri().toURL()}, CommandPlugin.class.getClassLoader());
    for (var plugin : ServiceLoader.load(CommandPlugin.class, loader)) {
      var name = plugin.name();
      if (name == null || !name.matches(NAME)) leftOut(jar, "a name is none");
      else if (found.putIfAbsent(name, plugin) != null) leftOut(jar, "another has its name");
      else LOG.atInfo().addKeyValue("command", "plugin." + name).log("a plugin adds a command");
    }
  }

  private static void leftOut(Path what, String cause) {
    LOG.atError()
        .addKeyValue("path", what.getFileName())
        .addKeyValue("cause", cause)
        .log("a plugin is left out");
  }
}
