package ai.vespid.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SheetTest {
  private final Sheet sheet = new Sheet("storm");
  private final StringWriter out = new StringWriter();

  private int report() {
    return sheet.report(new PrintWriter(out), new ReportOptions());
  }

  @Test
  void endsWellWhenEveryMarkIsReached() {
    sheet.put("agents", 5_000);
    sheet.most("allBackMs", 9_999.5, 10_000);
    sheet.least("jain", 0.95, 0.95);
    sheet.flaws("load", 0, Map.of());

    assertThat(report()).isZero();
    assertThat(out.toString())
        .startsWith("{\"scenario\":\"storm\",\"agents\":5000,\"allBackMs\":9999.5,")
        .contains("| storm | allBackMs | 9,999.500 | <= 10,000 |")
        .contains("| storm | agents | 5000 | - |")
        .contains("\"missed\":[]");
  }

  @Test
  void namesEachMarkThatIsMissed() {
    sheet.most("allBackMs", Double.POSITIVE_INFINITY, 10_000);
    sheet.least("jain", Double.NaN, 0.95);

    assertThat(report()).isEqualTo(1);
    assertThat(out.toString())
        .contains("allBackMs is Infinity, not <= 10,000")
        .contains("jain is NaN, not >= 0.950");
  }

  @Test
  void aFlawMissesAMark() {
    sheet.flaws("load", 2, Map.of("no answer in time", 2L));

    assertThat(report()).isEqualTo(1);
    assertThat(out.toString()).contains("loadFlaws is 2").contains("no answer in time");
  }
}
