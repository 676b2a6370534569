package ai.vespid.protocol;

/**
 * Something that was said breaks the protocol. The text names the field and what was expected; it
 * never repeats the value, which may be a secret, so it may be logged and sent back as it is.
 */
public final class InvalidMessage extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String field;
  private final String problem;

  public InvalidMessage(String field, String problem) {
    super(field + ": " + problem, null, false, false);
    this.field = field;
    this.problem = problem;
  }

  /** The same about a part of something larger: {@code path} is where that part stands. */
  public InvalidMessage in(String path) {
    return new InvalidMessage(path + '.' + field, problem);
  }

  /** The path of the field, or what the document as a whole is called. */
  public String field() {
    return field;
  }
}
