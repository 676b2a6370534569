package ai.vespid.agent.workspace;

/** The files of a run could not be fetched, unpacked or stored; the code becomes the result. */
public final class WorkspaceFailed extends Exception {
  private static final long serialVersionUID = 1L;

  WorkspaceFailed(String error) {
    super(error, null, false, false);
  }

  /** A code of the contract; never a URL, which would be a credential. */
  public String error() {
    return getMessage();
  }
}
