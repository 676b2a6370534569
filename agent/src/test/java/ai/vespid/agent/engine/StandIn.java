package ai.vespid.agent.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/**
 * Programs that write what the vendors document for theirs. A word in the prompt says what they do;
 * without one they repeat its first line. They leave in their folder what they were started with,
 * and have a login when the file {@code login} is there.
 */
public final class StandIn {
  private static final String HEAD =
      """
      #!/bin/sh
      here='HERE'
      me='NAME'
      say() { printf '%s\\n' "$1"; }
      if [ "$2" = status ]; then
        [ -f "$here/hang" ] && sleep 60
        [ -f "$here/login" ]
        exit
      fi
      prompt=$(cat)
      printf '%s\\n' "$@" > "$here/arguments"
      env > "$here/environment"
      pwd > "$here/directory"
      printf '%s' "$prompt" > "$here/prompt"
      echo run >> "$here/runs"
      line=$(printf '%s' "$prompt" | head -n 1 | sed 's/["\\\\]/\\\\&/g')
      case "$prompt" in
        *HANG*)
          setsid sh -c 'trap "" TERM; sleep 300' > /dev/null 2>&1 &
          touch "$here/started"
          sleep 300 ;;
        *NOISE*) say 'a warning that is no JSON'; say '{"type":"news","x":[1]}'; say '[]' ;;
        *WAIT*)
          touch "$here/running-$$"
          while [ ! -f "$here/go" ]; do sleep 0.02; done
          rm "$here/running-$$" ;;
        *SPLIT*) echo 'no more credit' >&2; exit 3 ;;
        *WRITE*) echo changed > file ;;
      esac
      """;

  private static final String CLAUDE =
      """
      event() { say '{"type":"stream_event","event":'"$1"',"parent_tool_use_id":null}'; }
      delta='{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":'
      say '{"type":"system","subtype":"init","session_id":"s","tools":[],"model":"claude-x"}'
      i=0
      case "$prompt" in *TOOL*) rounds=1 ;; *LOOP*) rounds=50 ;; *) rounds=0 ;; esac
      while [ $i -lt $rounds ]; do
        i=$((i + 1))
        use='{"type":"tool_use","id":"toolu_'$i'","name":"Bash","input":{"command":"ls"}}'
        say '{"type":"assistant","message":{"id":"msg_t'$i'","content":['"$use"']}}'
        done='{"type":"tool_result","tool_use_id":"toolu_'$i'","content":"a.txt","is_error":false}'
        say '{"type":"user","message":{"role":"user","content":['"$done"']}}'
        [ $rounds = 50 ] && sleep 0.02
      done
      case "$prompt" in *FAIL*)
        say '{"type":"result","subtype":"success","is_error":true,"result":"Credit is too low"}'
        exit 1 ;;
      esac
      event '{"type":"message_start","message":{"id":"msg_1"}}'
      event "$delta"'"You said: "}}'
      event "$delta"'"'"$line"' \\n"}}'
      text='"You said: '"$line"' \\n"'
      say '{"type":"assistant","message":{"id":"msg_1","content":[{"type":"text","text":'"$text"'}]}}'
      usage='{"input_tokens":3,"output_tokens":5}'
      say '{"type":"result","subtype":"success","is_error":false,"result":'"$text"',"usage":'"$usage"'}'
      """;

  private static final String CODEX =
      """
      item() { say '{"type":"'$1'","item":'"$2"'}'; }
      say '{"type":"thread.started","thread_id":"t"}'
      say '{"type":"turn.started"}'
      case "$prompt" in *TOOL*)
        item item.started '{"id":"item_0","type":"command_execution","command":"ls","status":"in_progress"}'
        item item.completed '{"id":"item_0","type":"command_execution","command":"ls","aggregated_output":"a.txt","exit_code":0,"status":"completed"}' ;;
      esac
      case "$prompt" in *FAIL*)
        say '{"type":"error","message":"Reconnecting... 1/5"}'
        say '{"type":"turn.failed","error":{"message":"Credit is too low"}}'
        exit 1 ;;
      esac
      item item.completed '{"id":"item_1","type":"reasoning","text":"thinking"}'
      item item.completed '{"id":"item_2","type":"agent_message","text":"You said: '"$line"' \\n"}'
      say '{"type":"turn.completed","usage":{"input_tokens":3,"cached_input_tokens":0,"output_tokens":5}}'
      """;

  private static final String OPENCODE =
      """
      part() { say '{"type":"'$1'","timestamp":1,"sessionID":"ses_1","part":'"$2"'}'; }
      case "$prompt" in *TOOL*)
        part step_start '{"type":"step-start","messageID":"m0"}'
        part tool_use '{"type":"tool","callID":"c0","tool":"bash","state":{"status":"completed","input":{"command":"ls"},"output":"a.txt"}}'
        part step_finish '{"type":"step-finish","reason":"tool-calls","tokens":{"input":0,"output":0}}' ;;
      esac
      case "$prompt" in *FAIL*)
        say '{"type":"error","timestamp":1,"sessionID":"ses_1","error":{"name":"APIError","data":{"message":"Credit is too low"}}}'
        exit 1 ;;
      esac
      part step_start '{"type":"step-start","messageID":"m1"}'
      part text '{"type":"text","text":"You said: '"$line"' \\n"}'
      part step_finish '{"type":"step-finish","reason":"stop","tokens":{"input":3,"output":5}}'
      """;

  private StandIn() {}

  /** Puts all three into a folder, with a login. */
  public static void install(Path folder) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("login"), "");
    write(folder, "claude", CLAUDE);
    write(folder, "codex", CODEX);
    write(folder, "opencode", OPENCODE);
  }

  private static void write(Path folder, String name, String body) throws IOException {
    var script = HEAD.replace("HERE", folder.toString()).replace("NAME", name) + body;
    var file = Files.writeString(folder.resolve(name), script);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
  }

  /** What one of them was started with: {@code arguments}, {@code environment}, {@code prompt}… */
  static List<String> seen(Path folder, String what) throws IOException {
    return Files.readAllLines(folder.resolve(what));
  }
}
