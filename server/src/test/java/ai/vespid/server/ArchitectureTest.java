package ai.vespid.server;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Who may know whom. Concerns of the gateway meet on the bus, nowhere else. */
final class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .importPaths(
              Stream.of(
                      "protocol",
                      "verticle-kit",
                      "sql",
                      "gateway-verticles",
                      "worker-verticles",
                      "engine-runner",
                      "agent",
                      "bench",
                      "server")
                  .map(module -> Path.of("..", module, "target", "classes"))
                  .toList());

  private static void onlyDependsOn(String layer, String... others) {
    var allowed = Stream.concat(Stream.of(others), Stream.of(layer)).toArray(String[]::new);
    classes()
        .that()
        .resideInAPackage(layer)
        .should()
        .onlyDependOnClassesThat(
            com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage(
                    "ai.vespid..")
                .or(
                    com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage(
                        allowed)))
        .allowEmptyShould(true)
        .check(CLASSES);
  }

  @Test
  void theProtocolKnowsNobody() {
    onlyDependsOn("ai.vespid.protocol..");
  }

  @Test
  void theKitAndTheDatabaseKnowOnlyTheProtocol() {
    onlyDependsOn("ai.vespid.kit..", "ai.vespid.protocol..");
    onlyDependsOn("ai.vespid.sql..", "ai.vespid.protocol..");
  }

  @Test
  void theAgentAndTheBenchmarkKnowOnlyTheProtocol() {
    onlyDependsOn("ai.vespid.agent..", "ai.vespid.protocol..");
    onlyDependsOn("ai.vespid.bench..", "ai.vespid.protocol..");
  }

  @Test
  void theGatewayStandsOnProtocolKitAndDatabase() {
    onlyDependsOn(
        "ai.vespid.gateway..", "ai.vespid.protocol..", "ai.vespid.kit..", "ai.vespid.sql..");
  }

  @Test
  void enginesStandOnProtocolAndKit() {
    onlyDependsOn("ai.vespid.engine..", "ai.vespid.protocol..", "ai.vespid.kit..");
  }

  @Test
  void workersStandOnProtocolKitAndDatabase() {
    onlyDependsOn(
        "ai.vespid.worker..", "ai.vespid.protocol..", "ai.vespid.kit..", "ai.vespid.sql..");
  }

  @Test
  void concernsOfWorkersDoNotKnowEachOther() {
    slices()
        .matching("ai.vespid.worker.(workflow|continuation|schedule)..")
        .should()
        .notDependOnEachOther()
        .check(CLASSES);
  }

  @Test
  void concernsOfTheGatewayDoNotKnowEachOther() {
    slices().matching("ai.vespid.gateway.(*)..").should().notDependOnEachOther().check(CLASSES);
  }
}
