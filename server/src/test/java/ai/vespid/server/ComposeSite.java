package ai.vespid.server;

import ai.vespid.kit.crypto.Tokens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * {@code compose.yaml} as it is delivered, in a Docker engine of the build. Nothing comes from a
 * registry: our images are built by their own files on a base of this machine, those of nginx,
 * PostgreSQL and Redis hold this machine's programs.
 */
final class ComposeSite {
  private static final long STEP_NANOS = 100_000_000;
  private static final int COMMAND_SECONDS_MAX = 180;
  private static final int WAIT_SECONDS_MAX = 90;
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final String OF_PROJECT = "label=com.docker.compose.project=";

  private final Path folder;
  private final List<String> compose;
  private final String project = "vespid-it-" + ProcessHandle.current().pid();
  private final Map<String, String> images = new LinkedHashMap<>();
  private final Map<String, String> variables = new LinkedHashMap<>();

  ComposeSite(Path folder, List<String> compose) {
    this.folder = folder;
    this.compose = compose;
    for (var kind : List.of("NGINX", "POSTGRES", "REDIS", "SERVER", "AGENT", "BASE")) {
      images.put(kind + "_IMAGE", "vespid-ci/%s:%s".formatted(kind.toLowerCase(), project));
    }
    variables.putAll(images);
    variables.put("PUBLIC_HOST", "vespid.test");
    for (var secret :
        List.of(
            "POSTGRES_PASSWORD",
            "REDIS_PASSWORD",
            "GATEWAY_SERVICE_TOKEN",
            "AUTH_TOKEN_SECRET",
            "WORKSPACE_SIGNING_SECRET")) {
      variables.put(secret, Tokens.random(32));
    }
    variables.put("SECRETS_KEK_BASE64", "a2V5LWVuY3J5cHRpb24ta2V5LW9mLXRoZS10ZXN0cyE=");
  }

  /** How compose is called here, when there is an engine for it. */
  static Optional<List<String>> findCompose() {
    if (System.getenv("DOCKER_HOST") == null) return Optional.empty();
    return Stream.of(List.of("docker", "compose"), List.of("docker-compose"))
        .filter(ComposeSite::answers)
        .findFirst();
  }

  private static boolean answers(List<String> compose) {
    var command = new ArrayList<>(compose);
    command.add("version");
    try {
      var process = quiet(command).start();
      return process.waitFor(30, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException notThere) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static ProcessBuilder quiet(List<String> command) {
    return new ProcessBuilder(command)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .redirectError(ProcessBuilder.Redirect.DISCARD);
  }

  /**
   * Makes every image.
   *
   * @return why that cannot be done on this machine, or empty
   */
  Optional<String> makeImages() throws IOException, InterruptedException {
    Files.write(
        folder.resolve("env"),
        variables.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList());
    for (var kind : List.of("nginx", "postgres", "redis", "base")) {
      var made = run(".ci/machine-images", kind.equals("base") ? "java" : kind, image(kind));
      if (made.code() == 77) return Optional.of(made.text());
      made.orFail();
    }
    for (var program : List.of("server", "agent")) {
      // Their files need no network to be built.
      var base = "BASE_IMAGE=" + image("base");
      var file = program + "/Dockerfile";
      run(
              "docker",
              "build",
              "--network=none",
              "--build-arg",
              base,
              "-f",
              file,
              "-t",
              image(program),
              ".")
          .orFail();
    }
    return Optional.empty();
  }

  private String image(String kind) {
    return images.get(kind.toUpperCase() + "_IMAGE");
  }

  String serviceToken() {
    return variables.get("GATEWAY_SERVICE_TOKEN");
  }

  /** What a command said, and how it ended. */
  record Said(int code, String text) {
    String orFail() {
      if (code != 0) throw new AssertionError("ended with " + code + "\n" + text);
      return text.strip();
    }
  }

  /** Runs compose on the project. */
  Said compose(String... arguments) throws IOException, InterruptedException {
    var command = new ArrayList<>(compose);
    command.addAll(List.of("--project-name", project));
    command.addAll(List.of("--env-file", folder.resolve("env").toString()));
    command.addAll(List.of("--file", ROOT.resolve("compose.yaml").toString()));
    command.addAll(Arrays.asList(arguments));
    return run(command.toArray(String[]::new));
  }

  /** Runs a command from the root of the project. */
  Said run(String... command) throws IOException, InterruptedException {
    var output = Files.createTempFile(folder, "said", ".log");
    var builder =
        new ProcessBuilder(command)
            .directory(ROOT.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    // Debian's engine builds without it, and asks for it plainly.
    builder.environment().put("DOCKER_BUILDKIT", "0");
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    var process = builder.start();
    if (!process.waitFor(COMMAND_SECONDS_MAX, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError(
          String.join(" ", command) + " does not end\n" + Files.readString(output));
    }
    return new Said(process.exitValue(), Files.readString(output));
  }

  /** The container of a service. */
  String container(String service) {
    return quietly(() -> compose("ps", "-q", service).orFail());
  }

  /** One field of a container's state, as Docker writes it. */
  String state(String service, String field) {
    var container = container(service);
    return quietly(() -> run("docker", "inspect", "-f", "{{" + field + "}}", container).orFail());
  }

  boolean isHealthy(String service) {
    return state(service, ".State.Health.Status").equals("healthy");
  }

  /** Kills what runs in a container, as a crash would: Docker starts it again by itself. */
  void kill(String service) {
    long pid = Long.parseLong(state(service, ".State.Pid"));
    ProcessHandle.of(pid).orElseThrow().destroyForcibly();
  }

  /** Waits for what is expected; says what every container had to say when it does not come. */
  void until(String what, BooleanSupplier condition) {
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS_MAX);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > limit) throw new AssertionError(what + "\n" + logs());
      LockSupport.parkNanos(STEP_NANOS);
    }
  }

  String logs() {
    return quietly(() -> compose("logs", "--no-color", "--tail=60").text());
  }

  /** Containers, networks and volumes of the project. */
  List<String> left() throws IOException, InterruptedException {
    var left = new ArrayList<String>();
    left.addAll(lines("docker", "ps", "-aq", "--filter", OF_PROJECT + project));
    left.addAll(lines("docker", "network", "ls", "-q", "--filter", OF_PROJECT + project));
    left.addAll(lines("docker", "volume", "ls", "-q", "--filter", OF_PROJECT + project));
    return left;
  }

  private List<String> lines(String... command) throws IOException, InterruptedException {
    return run(command).orFail().lines().toList();
  }

  /** Ends everything, the volumes and images with it. */
  void down() throws IOException, InterruptedException {
    compose("--profile", "agent", "down", "--volumes", "--remove-orphans", "--timeout", "45")
        .orFail();
  }

  void removeImages() throws IOException, InterruptedException {
    var command = new ArrayList<>(List.of("docker", "rmi", "-f"));
    command.addAll(images.values());
    run(command.toArray(String[]::new));
  }

  /** Something that a process does. */
  private interface Step {
    String take() throws IOException, InterruptedException;
  }

  private static String quietly(Step step) {
    try {
      return step.take();
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}
