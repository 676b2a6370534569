package ai.vespid.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RawJsonTest {
  private record Carrier(String before, RawJson value, List<RawJson> more, Integer after) {}

  @ParameterizedTest
  @ValueSource(
      strings = {
        "null",
        "true",
        "0",
        "-1.5e10",
        "12345678901234567890",
        "\"\"",
        "\"\\u00e9\\n\\\"ü😀\"",
        "{}",
        "[]",
        "{ \"a\" : [ 1 , { \"b\" : \"}]\" } ] }",
        "[[[[\"x\"]]]]",
        "1.00"
      })
  void keepsTheBytesOfAnyValueWhereverItStands(String value) {
    var document =
        "{ \"more\" : [ %s,%s ] , \"value\":  %s  ,\"before\":\"x\",\"after\":7 }"
            .formatted(value, value, value);
    var carrier = Json.read(document.getBytes(StandardCharsets.UTF_8), Carrier.class);

    assertThat(carrier.value().text()).isEqualTo(value);
    assertThat(carrier.more()).extracting(RawJson::text).containsExactly(value, value);
    assertThat(carrier.after()).isEqualTo(7);
    assertThat(new String(Json.write(carrier), StandardCharsets.UTF_8))
        .contains("\"value\":" + value);
  }

  @Test
  void tellsNullFromAbsent() {
    assertThat(read("{\"value\":null}").value()).isEqualTo(RawJson.NULL);
    assertThat(read("{}").value()).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"value\":}",
        "{\"value\":[1}",
        "{\"value\":tru}",
        "{\"value\":01}",
        "{\"value\":\"\n\"}",
        "{\"value\":1} x",
        "{\"value\":{\"a\"}}",
        ""
      })
  void refusesWhatIsNotWellFormed(String document) {
    assertThatThrownBy(() -> read(document)).isInstanceOf(InvalidMessage.class);
  }

  @Test
  void refusesWhatNestsTooDeep() {
    var deep = "{\"value\":" + "[".repeat(5_000) + "]".repeat(5_000) + "}";
    assertThatThrownBy(() -> read(deep)).isInstanceOf(InvalidMessage.class);
  }

  @Test
  void carriesLargeValuesWhole() {
    var large = "\"" + "é".repeat(2_000_000) + "\"";
    var written = Json.write(read("{\"value\":" + large + "}"));

    assertThat(Json.read(written, Carrier.class).value().text()).isEqualTo(large);
  }

  @Test
  void takesNoNumberForAString() {
    assertThatThrownBy(() -> read("{\"before\":5}")).hasMessage("before: must be a string");
    assertThatThrownBy(() -> read("{\"before\":true}")).hasMessage("before: must be a string");
  }

  @Test
  void neverShowsWhatItHolds() {
    assertThat(RawJson.of("\"hunter2\"").toString()).doesNotContain("hunter2");
    assertThatThrownBy(() -> read("{\"after\":\"hunter2\"}"))
        .isInstanceOf(InvalidMessage.class)
        .hasMessage("after: must be an integer");
    assertThatThrownBy(() -> read("{\"before\":\"hunter2"))
        .isInstanceOf(InvalidMessage.class)
        .hasMessageNotContaining("hunter2");
  }

  private static Carrier read(String document) {
    return Json.read(document.getBytes(StandardCharsets.UTF_8), Carrier.class);
  }
}
