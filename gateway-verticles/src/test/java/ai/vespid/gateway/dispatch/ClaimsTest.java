package ai.vespid.gateway.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.gateway.StagedSurroundings;
import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.bus.ResultStore;
import io.vertx.core.Future;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ClaimsTest {
  private static final class Store implements ClaimStore {
    final Map<String, String> owners = new HashMap<>();
    boolean forgetful;

    @Override
    public Future<Boolean> take(String requestId, String owner, long forMs) {
      return Future.succeededFuture(owners.putIfAbsent(requestId, owner) == null);
    }

    @Override
    public Future<Optional<String>> holder(String requestId) {
      return Future.succeededFuture(Optional.ofNullable(owners.get(requestId)));
    }

    @Override
    public Future<Void> free(String requestId, String owner) {
      owners.remove(requestId, owner);
      return Future.succeededFuture();
    }

    @Override
    public boolean mayHaveForgotten(long withinMs) {
      return forgetful;
    }
  }

  private final Store store = new Store();
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
