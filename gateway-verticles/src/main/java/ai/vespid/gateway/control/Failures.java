package ai.vespid.gateway.control;

import ai.vespid.kit.http.Answers;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.InvalidMessage;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.http.ErrorBody;
import ai.vespid.protocol.workflow.InvalidDefinition;
import ai.vespid.sql.DatabaseFailures;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.HttpException;
import io.vertx.json.schema.OutputUnit;
import io.vertx.openapi.validation.SchemaValidationException;
import io.vertx.openapi.validation.ValidatorErrorType;
import io.vertx.openapi.validation.ValidatorException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one table from what went wrong to what the caller is told. */
final class Failures {
  private static final Logger LOG = LoggerFactory.getLogger(Failures.class);
  private static final Pattern MISSING = Pattern.compile("required property \"([^\"]+)\"");
  private static final int ERRORS_TOLD_MAX = 20;

  /** The shape of the original's validation details. */
  private record Details(List<String> formErrors, Map<String, List<String>> fieldErrors) {}

  private Failures() {}

  static void answer(RoutingContext context, Throwable cause) {
    var response = context.response();
    switch (cause) {
      case Problem problem -> problem(response, problem);
      case SchemaValidationException invalid -> invalid(response, invalid);
      case ValidatorException invalid -> unreadable(response, invalid);
      case InvalidDefinition invalid -> graph(response, invalid);
      case InvalidMessage invalid ->
          Answers.error(response, ErrorCode.BAD_REQUEST, invalid.getMessage());
      case HttpException http -> status(response, http.getStatusCode());
      case Throwable e when DatabaseFailures.unavailable(e) -> {
        LOG.atWarn().setMessage("database unavailable").addKeyValue("cause", e.toString()).log();
        Answers.error(response, ErrorCode.DATABASE_UNAVAILABLE, "the database does not answer");
      }
      case Throwable e when DatabaseFailures.unacceptable(e) ->
          Answers.error(response, ErrorCode.BAD_REQUEST, "body: a value cannot be stored");
      default -> {
        LOG.atError().setMessage("request failed").setCause(cause).log();
        Answers.error(response, ErrorCode.INTERNAL_ERROR, "internal error");
      }
    }
  }

  /** What the router itself refuses. */
  static void status(HttpServerResponse response, int status) {
    var code =
        switch (status) {
          case 400 -> ErrorCode.BAD_REQUEST;
          case 401 -> ErrorCode.UNAUTHORIZED;
          case 403 -> ErrorCode.FORBIDDEN;
          case 404 -> ErrorCode.NOT_FOUND;
          case 405 -> ErrorCode.METHOD_NOT_ALLOWED;
          case 413 -> ErrorCode.PAYLOAD_TOO_LARGE;
          case 415 -> ErrorCode.UNSUPPORTED_MEDIA_TYPE;
          case 503 -> ErrorCode.SERVICE_UNAVAILABLE;
          default -> status < 500 ? ErrorCode.BAD_REQUEST : ErrorCode.INTERNAL_ERROR;
        };
    Answers.error(response, code, code.name().toLowerCase(Locale.ROOT).replace('_', ' '));
  }

  private static void problem(HttpServerResponse response, Problem problem) {
    if (problem.retryAfterSeconds() > 0 && !response.headWritten()) {
      response.putHeader("Retry-After", Long.toString(problem.retryAfterSeconds()));
    }
    if (problem.details() == null) {
      Answers.error(response, problem.code(), problem.getMessage());
      return;
    }
    var body = new ErrorBody(problem.code().name(), problem.getMessage(), problem.details());
    Answers.json(response, problem.code().status(), body);
  }

  private static void graph(HttpServerResponse response, InvalidDefinition invalid) {
    var details = RawJson.from(Map.of("issues", invalid.issues()));
    var body = new ErrorBody(invalid.code().name(), invalid.getMessage(), details);
    Answers.json(response, invalid.code().status(), body);
  }

  private static void unreadable(HttpServerResponse response, ValidatorException invalid) {
    if (invalid.type() == ValidatorErrorType.UNSUPPORTED_VALUE_FORMAT) {
      Answers.error(
          response, ErrorCode.UNSUPPORTED_MEDIA_TYPE, "the body must be application/json");
      return;
    }
    var message =
        invalid.type() == ValidatorErrorType.MISSING_REQUIRED_PARAMETER
            ? "body: is required"
            : "body: malformed JSON";
    badRequest(response, message, new Details(List.of(message), Map.of()));
  }

  private static void invalid(HttpServerResponse response, SchemaValidationException invalid) {
    var fields = new TreeMap<String, List<String>>();
    var form = new ArrayList<String>();
    var errors = invalid.getOutputUnit().getErrors();
    if (errors != null) errors.stream().limit(ERRORS_TOLD_MAX).forEach(e -> tell(e, fields, form));
    // An object is wrong because a field in it is: tell the field.
    fields.keySet().removeIf(outer -> fields.keySet().stream().anyMatch(within(outer)));
    var message =
        fields.isEmpty()
            ? "body: " + (form.isEmpty() ? "is not acceptable" : form.getFirst())
            : fields.firstKey() + ": " + fields.firstEntry().getValue().getFirst();
    badRequest(response, message, new Details(form, fields));
  }

  private static Predicate<String> within(String outer) {
    return field -> field.startsWith(outer + ".");
  }

  // The validator names what the schema wanted, never what was sent.
  private static void tell(OutputUnit error, Map<String, List<String>> fields, List<String> form) {
    var location = error.getInstanceLocation();
    var path = location == null ? "" : location.replaceFirst("^#?/?", "").replace('/', '.');
    var missing = MISSING.matcher(error.getError());
    if (missing.find()) {
      var field = path.isEmpty() ? missing.group(1) : path + "." + missing.group(1);
      fields.computeIfAbsent(field, _ -> new ArrayList<>()).add("is required");
    } else if (path.isEmpty()) {
      form.add(error.getError());
    } else {
      fields.computeIfAbsent(path, _ -> new ArrayList<>()).add(error.getError());
    }
  }

  private static void badRequest(HttpServerResponse response, String message, Details details) {
    var body = new ErrorBody(ErrorCode.BAD_REQUEST.name(), message, RawJson.from(details));
    Answers.json(response, ErrorCode.BAD_REQUEST.status(), body);
  }
}
