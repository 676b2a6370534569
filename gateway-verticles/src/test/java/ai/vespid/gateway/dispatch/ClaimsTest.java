package ai.vespid.gateway.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.gateway.StagedSurroundings;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.bus.ResultStore;
import io.vertx.core.Future;
import org.junit.jupiter.api.Test;

class ClaimsTest {
  private final StagedClaims store = new StagedClaims();
  private final StagedSurroundings here = new StagedSurroundings("me");
  private final Claims claims = new Claims(store, here, "process", 900_000);

  @Test
  void grantsANewIdWithoutLookingItUp() {
    assertThat(claims.claim("n").result()).isInstanceOf(Claims.Answer.Granted.class);
    assertThat(here.asked).isEmpty();
  }

  @Test
  void grantsItsOwnAgainUntilHomesMove() {
    claims.claim("n");
    assertThat(answered(claims.claim("n"))).isInstanceOf(Claims.Answer.Granted.class);

    claims.renew();

    assertThat(answered(claims.claim("n")))
        .as("it may be in other hands, which may be gone")
        .isInstanceOf(Claims.Answer.Taken.class);
  }

  @Test
  void givesBackWhatWasClaimedBeforeHomesMoved() {
    var grant = (Claims.Answer.Granted) claims.claim("n").result();

    claims.renew();
    claims.release("n", grant);

    assertThat(store.owners).isEmpty();
  }

  @Test
  void letsOneHomeGoOnWithWhatBothKnowWasNeverBegun() {
    var other = new Claims(store, here, "another", 900_000);

    assertThat(claims.next("n", 1, 2).result()).isTrue();
    assertThat(other.next("n", 1, 3).result()).isFalse();
    assertThat(claims.next("n", 2, 4).result()).isTrue();
  }

  @Test
  void letsNobodyFollowWhatAnAgentHasBegun() {
    claims.begun("n", 7);

    assertThat(claims.next("n", 7, 9).result()).isFalse();
    assertThat(claims.next("n", 8, 9).result()).isTrue();
  }

  @Test
  void goesOnWhenNobodyCanTell() {
    store.away = true;

    assertThat(claims.next("n", 1, 2).result()).isTrue();
  }

  @Test
  void looksUpWhatAForgetfulStoreCallsNew() {
    store.forgetful = true;

    var answer = claims.claim("n");
    here.next(ResultStore.Get.class)
        .answer()
        .complete(new ResultStore.Get.Found("org", DispatchResult.succeeded(RawJson.NULL)));

    assertThat(answer.result()).isInstanceOf(Claims.Answer.Decided.class);
  }

  private Claims.Answer answered(Future<Claims.Answer> answer) {
    here.next(ResultStore.Get.class).answer().complete(new ResultStore.Get.NotReady());
    return answer.result();
  }
}
