package ai.vespid.agent.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.agent.command.CommandPolicy;
import ai.vespid.agent.command.Site;
import ai.vespid.agent.session.Bounds;
import ai.vespid.protocol.command.CommandResult.Status;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jars that a site made, of its own sources and with nothing of ours but the interface. */
class PluginsTest {
  private static final String SERVICE = "META-INF/services/" + CommandPlugin.class.getName();

  @TempDir Path directory;

  private static String source(String type, String name, String body) {
    return """
    package site;
    public final class %s implements ai.vespid.agent.plugin.CommandPlugin {
      @Override public String name() { return "%s"; }
      @Override public String run(String args, java.time.Duration max) throws Exception {
        %s
      }
    }
    """
        .formatted(type, name, body);
  }

  private void jar(String type, String name, String body) throws IOException {
    var classes = Files.createDirectories(directory.resolve("classes-" + type));
    var unit =
        new SimpleJavaFileObject(
            URI.create("string:///site/" + type + ".java"), JavaFileObject.Kind.SOURCE) {
          @Override
          public CharSequence getCharContent(boolean ignored) {
            return source(type, name, body);
          }
        };
    var said = new StringWriter();
    var options = List.of("-d", classes.toString(), "-cp", System.getProperty("java.class.path"));
    var compiler = ToolProvider.getSystemJavaCompiler();
    boolean made = compiler.getTask(said, null, null, options, null, List.of(unit)).call();
    assertThat(made).as(said.toString()).isTrue();
    var file = plugins().resolve(type + ".jar");
    try (var out = new JarOutputStream(Files.newOutputStream(file))) {
      out.putNextEntry(new JarEntry("site/" + type + ".class"));
      out.write(Files.readAllBytes(classes.resolve("site/" + type + ".class")));
      out.putNextEntry(new JarEntry(SERVICE));
      out.write(("site." + type).getBytes());
    }
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  private Path plugins() throws IOException {
    return Files.createDirectories(directory.resolve("plugins"));
  }

  private Site site() throws IOException {
    return new Site(directory, CommandPolicy.ALL, new Bounds(10, 0, 0, 0), Plugins.load(plugins()));
  }

  @Test
  void aJarAddsACommandThatTakesWhatItLikes() throws IOException {
    jar("Echo", "echo", "return \"{\\\"said\\\":\" + args + \"}\";");

    var result = site().run("plugin.echo", "{'any':['thing']}", "{\"secret_key\":\"k\"}");

    assertThat(result.status()).isEqualTo(Status.SUCCESS);
    assertThat(result.output().text())
        .isEqualTo("{\"said\":{\"any\":[\"thing\"],\"secret_key\":\"k\"}}");
    assertThat(site().node.desk().offered()).contains("plugin.echo");
  }

  @Test
  void oneThatFailsOrIsTooSlowHasAResultLikeOthers() throws IOException {
    jar("Fail", "fail", "throw new IllegalStateException(\"no disk\");");
    jar("Nonsense", "nonsense", "return \"{\";");
    jar("Broken", "broken", "throw new NoClassDefFoundError(\"gone\");");

    assertThat(site().run("plugin.fail", "{}").error()).isEqualTo("no disk");
    assertThat(site().run("plugin.nonsense", "{}").error()).isEqualTo("its output is no JSON");
    assertThat(site().run("plugin.broken", "{}").code()).isEqualTo("PLUGIN_FAILED");
  }

  @Test
  void whatCannotBeLoadedIsLeftOutAndTheOthersGoOn() throws IOException {
    jar("Good", "good", "return null;");
    jar("Nameless", "no name at all", "return null;");
    jar("Open", "open", "return null;");
    Files.setPosixFilePermissions(
        plugins().resolve("Open.jar"), PosixFilePermissions.fromString("rw-rw-rw-"));
    Files.writeString(plugins().resolve("a-text.jar"), "no jar");
    try (var out = new JarOutputStream(Files.newOutputStream(plugins().resolve("b.jar")))) {
      out.putNextEntry(new JarEntry(SERVICE));
      out.write("site.NotThere".getBytes());
    }

    assertThat(Plugins.load(plugins())).containsOnlyKeys("good");
    assertThat(site().run("plugin.open", "{}").status()).isEqualTo(Status.DENIED);
  }

  @Test
  void withoutAFolderThereAreNone() {
    assertThat(Plugins.load(null)).isEmpty();
    assertThat(Plugins.load(directory.resolve("none"))).isEmpty();
  }
}
