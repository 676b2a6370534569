package ai.vespid.worker.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.workflow.NodeConfig.Condition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ConditionsTest {
  private static final RawJson INPUT =
      RawJson.of("{\"a\":{\"b\":[1,\"two\"]},\"n\":5,\"s\":\"text\",\"z\":null,\"t\":true}");

  private static Condition condition(String path, String op, String value) {
    var json = "{\"path\":\"%s\",\"op\":\"%s\",\"value\":%s}".formatted(path, op, value);
    return Json.read(RawJson.of(json).bytes(), Condition.class);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "n,eq,5,true",
        "n,eq,5.0,true",
        "$.n,neq,5,false",
        "s,eq,\"text\",true",
        "t,eq,true,true",
        "s,contains,\"ex\",true",
        "a.b,contains,\"two\",true",
        "a.b,contains,1.0,true",
        "a.b.0,eq,1,true",
        "a.b.7,exists,null,false",
        "n,gt,4,true",
        "n,gte,5,true",
        "n,lt,5,false",
        "n,lte,5,true",
        "s,gt,1,false",
        "z,exists,null,true",
        "z,eq,null,true",
        "no.such,exists,null,false",
        "no.such,eq,null,false",
        "no.such,neq,1,true"
      })
  void comparesWhatStandsAtThePath(String path, String op, String value, boolean expected) {
    var result = Conditions.evaluate(condition(path, op, value), INPUT);

    assertThat(Conditions.resultOf(result.output())).isEqualTo(expected);
  }

  @Test
  void saysWhatItSaw() {
    var result = Conditions.evaluate(condition("n", "eq", "6"), INPUT);

    assertThat(result.output().text())
        .isEqualTo(
            "{\"result\":false,\"explain\":{\"path\":\"n\",\"op\":\"eq\",\"expected\":6,"
                + "\"actualPresent\":true,\"actualType\":\"number\"}}");
  }

  @Test
  void aConditionThatCannotBeMeantIsInvalid() {
    assertThat(Conditions.evaluate(condition("n", "gt", "\"x\""), INPUT).error())
        .isEqualTo("INVALID_CONDITION_CONFIG");
    assertThat(Conditions.evaluate(new Condition(null, null, null), INPUT).error())
        .isEqualTo("INVALID_CONDITION_CONFIG");
    assertThat(Conditions.resultOf(null)).isFalse();
  }
}
