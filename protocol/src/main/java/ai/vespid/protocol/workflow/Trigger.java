package ai.vespid.protocol.workflow;

import ai.vespid.protocol.Check;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.Json;
import ai.vespid.protocol.RawJson;
import java.util.List;
import java.util.regex.Pattern;

/** What starts runs of a workflow besides people (contract 6). */
public sealed interface Trigger {
  /** Only people do. */
  record Manual() implements Trigger {}

  /** Whoever knows the token. */
  record Webhook(String token) implements Trigger {
    /** As long as a token in the path of a webhook must be (contract 4.6). */
    public static final int TOKEN_LENGTH_MIN = 8;

    public static final int TOKEN_LENGTH_MAX = 1_024;

    public Webhook {
      Check.text("token", token, TOKEN_LENGTH_MIN, TOKEN_LENGTH_MAX);
    }

    @Override
    public String toString() {
      return "Webhook[]";
    }
  }

  /** Five fields in UTC. Only the shape is checked; who computes the slots knows the language. */
  record Cron(String cron) implements Trigger {
    private static final Pattern SHAPE =
        Pattern.compile("[0-9A-Za-z*/,?#-]+( +[0-9A-Za-z*/,?#-]+){4}");

    public Cron {
      Check.text("cron", cron, 1, 200);
      if (!SHAPE.matcher(cron.strip()).matches()) {
        throw new InvalidMessage("cron", "must have five fields: minute hour day month weekday");
      }
    }
  }

  /** Every so many seconds, up to {@code jitterSec} later, given up {@code maxSkewSec} late. */
  record Heartbeat(Integer intervalSec, Integer jitterSec, Integer maxSkewSec) implements Trigger {
    public Heartbeat {
      Check.range("intervalSec", intervalSec, 5, 86_400);
      if (jitterSec == null) jitterSec = 0;
      Check.range("jitterSec", jitterSec, 0, 3_600);
      if (maxSkewSec == null) maxSkewSec = 0;
      Check.range("maxSkewSec", maxSkewSec, 0, 3_600);
    }
  }

  /** A message in a channel. Kept and shown; runs are started by the internal endpoint. */
  record Channel(String channelId, String accountKey, String event, RawJson match)
      implements Trigger {
    private static final List<String> EVENTS =
        List.of("message.received", "message.mentioned", "message.dm");

    public Channel {
      Check.text("channelId", channelId, 1, 64);
      Check.optionalText("accountKey", accountKey, 1, 120);
      if (event == null) event = EVENTS.getFirst();
      if (!EVENTS.contains(event)) throw new InvalidMessage("event", "must be one of " + EVENTS);
    }
  }

  /** Reads {@code {type, config}}; what stands in the config may stand beside the type as well. */
  static Trigger read(RawJson json) {
    var shape = Json.read(json.bytes(), Shape.class);
    var config = shape.config() == null ? json : shape.config();
    try {
      return switch (Check.required("type", shape.type())) {
        case "trigger.manual" -> new Manual();
        case "trigger.webhook" -> Json.read(config.bytes(), Webhook.class);
        case "trigger.cron" -> Json.read(config.bytes(), Cron.class);
        case "trigger.heartbeat" -> Json.read(config.bytes(), Heartbeat.class);
        case "trigger.channel" -> Json.read(config.bytes(), Channel.class);
        default -> throw new InvalidMessage("type", "is no known trigger");
      };
    } catch (InvalidMessage e) {
      throw e.in("trigger");
    }
  }

  /** A trigger as it stands in JSON. */
  record Shape(String type, RawJson config) {}
}
