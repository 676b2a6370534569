package ai.vespid.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import ai.vespid.protocol.Kind;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.bus.SessionRegistry.Retagged;
import ai.vespid.sql.ExecutorIdentity;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class IdentitySweepTest {
  private final List<Holder> sockets = new ArrayList<>();
  private final List<Retagged> retagged = new ArrayList<>();
  private final List<List<String>> questions = new ArrayList<>();
  private final Promise<List<ExecutorIdentity>> answer = Promise.promise();
  private final IdentitySweep sweep =
      new IdentitySweep(this::identities, () -> List.copyOf(sockets), retagged::add);

  private Future<List<ExecutorIdentity>> identities(List<String> ids) {
    questions.add(ids);
    return answer.future();
  }

  private static final class Holder implements IdentitySweep.Holder {
    private final Link link;
    private Set<String> tags = Set.of();
    private boolean closed;

    Holder(ExecutorIdentity identity) {
      this.link = new Link(identity, "connection-" + identity.executorId(), "gw-1", 0, 0);
    }

    @Override
    public Link link() {
      return link;
    }

    @Override
    public Set<String> tags() {
      return tags;
    }

    @Override
    public void retag(Set<String> current) {
      tags = current;
    }

    @Override
    public void closeRevoked() {
      closed = true;
    }
  }

  private static ExecutorIdentity identity(String id, Set<String> tags, boolean revoked) {
    return new ExecutorIdentity(
        id,
        Pool.BYON,
        "organization",
        "name",
        tags,
        1,
        Set.of(Kind.AGENT_EXECUTE),
        Set.of(),
        revoked,
        true,
        false);
  }

  private Holder connect(String id) {
    var holder = new Holder(identity(id, Set.of(), false));
    sockets.add(holder);
    return holder;
  }

  @Test
  void closesTheSocketsOfRevokedAndOfDeletedExecutors() {
    var good = connect("good");
    var revoked = connect("revoked");
    var deleted = connect("deleted");

    sweep.sweep();
    answer.complete(
        List.of(identity("good", Set.of(), false), identity("revoked", Set.of(), true)));

    assertThat(questions).containsExactly(List.of("good", "revoked", "deleted"));
    assertThat(good.closed).isFalse();
    assertThat(revoked.closed).isTrue();
    assertThat(deleted.closed).isTrue();
  }

  @Test
  void leavesWhoCameAfterTheQuestionAlone() {
    connect("before");
    sweep.sweep();
    var meanwhile = connect("meanwhile");

    answer.complete(List.of(identity("before", Set.of(), false)));

    assertThat(meanwhile.closed).isFalse();
  }

  @Test
  void tellsTagsThatChanged() {
    var socket = connect("tagged");

    sweep.sweep();
    answer.complete(List.of(identity("tagged", Set.of("gpu"), false)));

    assertThat(socket.tags).containsExactly("gpu");
    assertThat(retagged).containsExactly(new Retagged("tagged", List.of("gpu")));
  }
}
