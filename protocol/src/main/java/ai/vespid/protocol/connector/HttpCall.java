package ai.vespid.protocol.connector;

import java.util.Map;

/**
 * One HTTP request. Headers and body may hold a secret and stay out of {@link #toString()}.
 *
 * @param headers names in lower case
 * @param body empty when there is none
 */
public record HttpCall(String method, String url, Map<String, String> headers, byte[] body) {
  public HttpCall {
    headers = Map.copyOf(headers);
  }

  @Override
  public String toString() {
    return "HttpCall[" + method + "]";
  }

  /**
   * What came back.
   *
   * @param headers names in lower case
   */
  public record Answer(int status, Map<String, String> headers, byte[] body) {
    public Answer {
      headers = Map.copyOf(headers);
    }

    /** True of the statuses that say it worked. */
    public boolean succeeded() {
      return status >= 200 && status <= 299;
    }

    @Override
    public String toString() {
      return "Answer[" + status + ", " + body.length + " bytes]";
    }
  }
}
