package ai.vespid.protocol;

import com.fasterxml.jackson.annotation.JsonAlias;
import java.util.List;
import java.util.Set;

/**
 * Which executors may take a dispatch (contract 3). A group {@code g} stands for the tag {@code
 * group:g} or {@code g}; labels, tag and group must all be present among the control-plane tags.
 * Earlier generations say {@code agentId} for the executor.
 */
public record Selector(
    Pool pool,
    List<String> labels,
    String group,
    String tag,
    @JsonAlias("agentId") String executorId) {
  public static final int LABELS_MAX = 50;
  public static final int LABEL_LENGTH_MAX = 64;

  public Selector {
    labels = Check.texts("executorSelector.labels", labels, LABELS_MAX, LABEL_LENGTH_MAX);
    Check.optionalText("executorSelector.group", group, 1, LABEL_LENGTH_MAX);
    Check.optionalText("executorSelector.tag", tag, 1, LABEL_LENGTH_MAX);
    Check.optionalUuid("executorSelector.executorId", executorId);
  }

  /** What a dispatch without a selector means: any of the organization's own executors. */
  public static Selector byon() {
    return new Selector(Pool.BYON, List.of(), null, null, null);
  }

  /** The same selector with an explicit pool. */
  public Selector in(Pool chosen) {
    return new Selector(chosen, labels, group, tag, executorId);
  }

  /** True when these control-plane tags satisfy labels, tag and group. */
  public boolean accepts(Set<String> tags) {
    return tags.containsAll(labels)
        && (tag == null || tags.contains(tag))
        && (group == null || tags.contains("group:" + group) || tags.contains(group));
  }
}
