package ai.vespid.agent.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class SettingTest {
  @Test
  void theManualHasThisTable() throws IOException {
    var table =
        new StringBuilder(
            "| Variable | In `settings` | Default | Meaning |\n| --- | --- | --- | --- |\n");
    for (var setting : Configurable.all()) {
      var aliases =
          setting.aliases().stream().map(a -> "`" + a + "`").collect(Collectors.joining(", "));
      table.append(
          "| `%s` | %s | %s | %s%s |\n"
              .formatted(
                  setting.variable(),
                  setting.key().isEmpty() ? "" : "`" + setting.key() + "`",
                  setting.byDefault().replace("*", "\\*"),
                  setting.description().replace("*", "\\*"),
                  aliases.isEmpty() ? "" : "; also " + aliases));
    }

    assertThat(Files.readString(Path.of("..", "docs", "agent.md"))).contains(table);
  }

  @Test
  void noTwoSettingsHaveANameInCommon() {
    var names = new HashSet<String>();
    for (var setting : Configurable.all()) {
      assertThat(names.add(setting.variable())).as(setting.variable()).isTrue();
      if (!setting.key().isEmpty()) assertThat(names.add(setting.key())).isTrue();
      setting.aliases().forEach(alias -> assertThat(names.add(alias)).as(alias).isTrue());
    }
  }
}
