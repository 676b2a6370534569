import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Makes one jar of many, with the manifest of the first: {@code java OneJar.java one.jar a.jar b.jar
 * …}. Java opens every jar at a start, reads its table of contents and keeps it. What only tools of
 * builds read goes; the licences stay, each under the name of its jar. Two files of one name that
 * are not alike end it, as one of them would be hidden.
 */
final class OneJar {
  private static final String MANIFEST = "META-INF/MANIFEST.MF";
  // Lists, of which nobody may lose a line.
  private static final Pattern JOINED =
      Pattern.compile("META-INF/services/.*|META-INF/io\\.netty\\.versions\\.properties");
  private static final Pattern LICENCE =
      Pattern.compile("META-INF/(LICENSE|NOTICE|DEPENDENCIES|AL2\\.0|LGPL2\\.1)[^/]*");
  private static final Pattern LEFT_OUT =
      Pattern.compile(
          "META-INF/(maven|native-image|proguard)/.*|META-INF/INDEX\\.LIST"
              + "|(.*/)?module-info\\.class|"
              + Pattern.quote(MANIFEST));
  private static final Pattern SIGNATURE = Pattern.compile("META-INF/[^/]*\\.SF");

  private final Map<String, byte[]> files = new LinkedHashMap<>();

  public static void main(String[] paths) throws IOException {
    var jars = new ArrayList<Path>();
    for (var path : Arrays.asList(paths).subList(1, paths.length)) jars.add(Path.of(path));
    var one = new OneJar();
    for (var jar : jars) one.take(jar);
    one.write(Path.of(paths[0]), manifest(jars.getFirst()));
  }

  private void take(Path jar) throws IOException {
    try (var from = new ZipFile(jar.toFile())) {
      for (var entry : from.stream().toList()) {
        var name = entry.getName();
        if (SIGNATURE.matcher(name).matches()) throw new IOException(jar + " is signed");
        if (entry.isDirectory() || LEFT_OUT.matcher(name).matches()) continue;
        try (var content = from.getInputStream(entry)) {
          var all = content.readAllBytes();
          add(placed(name, jar), name.endsWith(".class") ? Slim.slim(all) : all);
        }
      }
    }
  }

  private static String placed(String name, Path jar) {
    if (!LICENCE.matcher(name).matches()) return name;
    return "META-INF/licences/" + jar.getFileName() + name.substring(name.indexOf('/'));
  }

  private void add(String name, byte[] content) throws IOException {
    var there = files.get(name);
    if (there == null) files.put(name, content);
    else if (JOINED.matcher(name).matches()) files.put(name, joined(there, content));
    else if (!Arrays.equals(there, content)) throw new IOException("two of " + name);
  }

  private static byte[] joined(byte[] first, byte[] second) {
    var both = new ByteArrayOutputStream();
    for (var part : List.of(first, new byte[] {'\n'}, second)) both.writeBytes(part);
    return both.toByteArray();
  }

  private static Manifest manifest(Path jar) throws IOException {
    try (var from = new JarFile(jar.toFile())) {
      var manifest = from.getManifest();
      manifest.getMainAttributes().remove(Attributes.Name.CLASS_PATH);
      manifest.getMainAttributes().put(Attributes.Name.MULTI_RELEASE, "true");
      return manifest;
    }
  }

  private void write(Path path, Manifest manifest) throws IOException {
    try (var jar = new JarOutputStream(Files.newOutputStream(path), manifest)) {
      for (var file : files.entrySet()) {
        jar.putNextEntry(new ZipEntry(file.getKey()));
        jar.write(file.getValue());
        jar.closeEntry();
      }
    }
  }
}
