package ai.vespid.gateway.memory;

import ai.vespid.protocol.Check;

/**
 * Settings of {@code session-memory}.
 *
 * @param root SESSION_MEMORY_ROOT: where this node's copies are, a folder for each organization and
 *     session key in it
 * @param docsMax documents of one session key
 * @param docCharsMax of one document
 * @param inFlightMax requests that are under way at once
 * @param qmdCommand VESPID_QMD_COMMAND: the program behind the provider {@code qmd}
 */
public record SessionMemorySettings(
    String root, Integer docsMax, Integer docCharsMax, Integer inFlightMax, String qmdCommand) {
  public SessionMemorySettings {
    if (root == null) root = "/tmp/vespid-memory";
    if (docsMax == null) docsMax = 200;
    if (docCharsMax == null) docCharsMax = 100_000;
    if (inFlightMax == null) inFlightMax = 1_000;
    if (qmdCommand == null || qmdCommand.isBlank()) qmdCommand = "qmd";
    Check.range("docsMax", docsMax, 1, 10_000);
    Check.range("docCharsMax", docCharsMax, 1_000, 1_000_000);
    Check.range("inFlightMax", inFlightMax, 1, 100_000);
  }
}
