package ai.vespid.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * A program that speaks as Claude Code is documented to. It says how many messages of the user it
 * was told and what name, uses a tool when it reads TOOL, and HANG makes it and what it starts deaf
 * to being asked to end.
 */
final class HostEngine {
  private static final String PROGRAM =
      """
      #!/bin/sh
      say() { printf '%s\\n' "$1"; }
      if [ "$2" = status ]; then exit 0; fi
      prompt=$(cat)
      last=$(printf '%s' "$prompt" | tail -n 1)
      case "$last" in *HANG*)
        trace=$(printf '%s' "$last" | sed 's/.*HANG //')
        say '{"type":"system","subtype":"init","model":"claude-x"}'
        trap '' TERM
        env VESPID_TRACE="$trace" setsid sh -c 'trap "" TERM; sleep 300 & sleep 300'
        sleep 300 ;;
      esac
      event() { say '{"type":"stream_event","event":'"$1"',"parent_tool_use_id":null}'; }
      delta='{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":'
      say '{"type":"system","subtype":"init","model":"claude-x"}'
      case "$last" in *TOOL*)
        use='{"type":"tool_use","id":"toolu_1","name":"Bash","input":{"command":"ls"}}'
        say '{"type":"assistant","message":{"id":"msg_0","content":['"$use"']}}'
        done='{"type":"tool_result","tool_use_id":"toolu_1","content":"a.txt","is_error":false}'
        say '{"type":"user","message":{"role":"user","content":['"$done"']}}' ;;
      esac
      count=$(printf '%s\\n' "$prompt" | grep -c '^\\[user\\]')
      name=$(printf '%s\\n' "$prompt" | sed -n 's/.*my name is \\([A-Za-z]*\\).*/\\1/p' | head -n 1)
      event '{"type":"message_start","message":{"id":"msg_1"}}'
      event "$delta"'"I know '"$count"' messages, "}}'
      event "$delta"'"'"${name:-nobody}"'."}}'
      text="I know $count messages, ${name:-nobody}."
      say '{"type":"assistant","message":{"id":"msg_1","content":[{"type":"text","text":"'"$text"'"}]}}'
      usage='"usage":{"input_tokens":3,"output_tokens":5}'
      say '{"type":"result","subtype":"success","is_error":false,"result":"'"$text"'",'"$usage"'}'
      """;

  private HostEngine() {}

  /** Puts it there. */
  static Path install(Path folder) {
    try {
      var program = folder.resolve("claude");
      Files.writeString(program, PROGRAM);
      return Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
