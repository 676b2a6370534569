package ai.vespid.bench;

import java.util.Arrays;

/** The bare pipe's work: the body comes back as it is. */
final class PipeWork implements Work {
  private final byte[] template;
  private final byte[] expected;
  private final int numberAt;

  PipeWork(Endpoint endpoint, Payload payload) {
    template = HttpText.post(endpoint, "/", null, payload.json());
    expected = payload.bytes();
    numberAt = template.length - expected.length + Payload.numberAt();
  }

  @Override
  public byte[] request(long sequence) {
    var request = template.clone();
    RunIds.patch(request, numberAt, sequence);
    return request;
  }

  @Override
  public Flaw check(long sequence, ResponseReader answer) {
    if (answer.status() != 200) return Flaw.error("HTTP " + answer.status());
    RunIds.patch(expected, Payload.numberAt(), sequence);
    boolean same =
        Arrays.equals(
            answer.bytes(), answer.bodyFrom(), answer.bodyTo(), expected, 0, expected.length);
    return same ? null : Flaw.OUTPUT;
  }
}
