package ai.vespid.protocol.session;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.RawJson;
import java.util.List;

/** Something that comes with a message (contract 1.3): a text of its own, or where it is. */
public record Attachment(
    String name, String mimeType, String contentUrl, String contentText, RawJson metadata) {
  public static final int COUNT_MAX = 32;
  public static final int TEXT_CHARS_MAX = 100_000;

  public Attachment {
    Check.text("name", name, 1, 200);
    Check.text("mimeType", mimeType, 1, 120);
    Check.optionalUrl("contentUrl", contentUrl);
    Check.optionalText("contentText", contentText, 0, TEXT_CHARS_MAX);
  }

  /** At most {@link #COUNT_MAX}; absent means none. Returns a copy. */
  public static List<Attachment> list(List<Attachment> attachments) {
    if (attachments == null) return List.of();
    Check.range("attachments.length", attachments.size(), 0, COUNT_MAX);
    return List.copyOf(attachments);
  }

  @Override
  public String toString() {
    return "Attachment[" + mimeType + "]";
  }
}
