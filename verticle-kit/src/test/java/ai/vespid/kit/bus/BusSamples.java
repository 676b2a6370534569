package ai.vespid.kit.bus;

import ai.vespid.protocol.DispatchResult;
import ai.vespid.protocol.EffectClass;
import ai.vespid.protocol.ErrorCode;
import ai.vespid.protocol.Kind;
import ai.vespid.protocol.NetworkMode;
import ai.vespid.protocol.Pool;
import ai.vespid.protocol.RawJson;
import ai.vespid.protocol.ResultStatus;
import ai.vespid.protocol.Selector;
import ai.vespid.protocol.WorkspaceUse;
import ai.vespid.protocol.bus.ClientEdge;
import ai.vespid.protocol.bus.Continuations;
import ai.vespid.protocol.bus.Dispatch;
import ai.vespid.protocol.bus.DispatchRouter;
import ai.vespid.protocol.bus.DispatchRouter.Reconcile;
import ai.vespid.protocol.bus.DispatchRouter.Report;
import ai.vespid.protocol.bus.Done;
import ai.vespid.protocol.bus.EngineRunner;
import ai.vespid.protocol.bus.ExecutorEdge;
import ai.vespid.protocol.bus.ExecutorEdge.Offer;
import ai.vespid.protocol.bus.Holder;
import ai.vespid.protocol.bus.Message;
import ai.vespid.protocol.bus.Nodes;
import ai.vespid.protocol.bus.Parcel;
import ai.vespid.protocol.bus.ResultStore.Decide;
import ai.vespid.protocol.bus.ResultStore.Get;
import ai.vespid.protocol.bus.ResultStore.Put;
import ai.vespid.protocol.bus.Route;
import ai.vespid.protocol.bus.SessionMemory;
import ai.vespid.protocol.bus.SessionRegistry;
import ai.vespid.protocol.bus.SessionTurns;
import ai.vespid.protocol.bus.WorkflowRunner;
import ai.vespid.protocol.engine.Chunk;
import ai.vespid.protocol.engine.Inference;
import ai.vespid.protocol.executor.ExecutorFrame.EngineAuth;
import ai.vespid.protocol.executor.ExecutorFrame.Held;
import ai.vespid.protocol.executor.GatewayFrame.Upload;
import ai.vespid.protocol.executor.GatewayFrame.Workspace;
import ai.vespid.protocol.executor.GatewayFrame.WorkspaceAccess;
import ai.vespid.protocol.http.ExplainAnswer;
import ai.vespid.protocol.session.Attachment;
import ai.vespid.protocol.session.ResetMode;
import ai.vespid.protocol.session.SessionEvent;
import ai.vespid.protocol.session.SessionState;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One message of every kind, and a second one where fields may be absent. Sets and maps have one
 * element: how they iterate over more differs from process to process.
 */
final class BusSamples {
  private static final String RUN = "33333333-3333-4333-8333-333333333333";
  private static final String ORG = "11111111-1111-4111-8111-111111111111";
  private static final String USER = "44444444-4444-4444-8444-444444444444";
  private static final String EXECUTOR = "55555555-5555-4555-8555-555555555555";
  private static final String CONNECTION = "66666666-6666-4666-8666-666666666666";
  private static final String REQUEST = RUN + ":node-1:2";

  private static final Dispatch DISPATCH =
      new Dispatch(
          REQUEST,
          ORG,
          USER,
          Kind.CONNECTOR_ACTION,
          RawJson.of("{\"connectorId\" : \"github\", \"n\" : 1.00}"),
          "github",
          "s3cret",
          new Selector(Pool.BYON, List.of("linux"), "build", "west", EXECUTOR),
          60_000,
          5_000,
          EffectClass.RETRY_SAFE,
          NetworkMode.ENABLED,
          WorkspaceUse.RUN,
          1_500);

  private static final Dispatch SPARSE_DISPATCH =
      new Dispatch(
          REQUEST,
          ORG,
          USER,
          Kind.AGENT_EXECUTE,
          RawJson.NULL,
          null,
          null,
          Selector.byon(),
          60_000,
          0,
          EffectClass.AT_MOST_ONCE,
          null,
          WorkspaceUse.NONE);

  private static final Route ROUTE =
      new Route(
          EXECUTOR,
          CONNECTION,
          "gw-1",
          3,
          Pool.BYON,
          ORG,
          "build host",
          Set.of("west"),
          List.of("linux", "gpu"),
          4,
          Set.of(Kind.AGENT_EXECUTE),
          Set.of("github"),
          Map.of("claude", new EngineAuth(true, "2026-11-01T00:00:00.000Z", "ok")),
          "boot-1",
          1_793_491_200_000L,
          1_793_491_215_000L,
          true,
          true);

  private static final Route SPARSE_ROUTE =
      new Route(
          EXECUTOR,
          CONNECTION,
          "gw-1",
          0,
          Pool.MANAGED,
          null,
          null,
          Set.of(),
          List.of(),
          1,
          Set.of(Kind.AGENT_RUN),
          null,
          Map.of(),
          null,
          0,
          0,
          false,
          false);

  private static final DispatchResult RESULT =
      new DispatchResult(
          ResultStatus.FAILED, RawJson.of("{\"a\" : 1}"), "EXIT_1", RawJson.of("{\"version\":3}"));

  private static final Workspace WORKSPACE = new Workspace(RUN, 2L, "ws/2.tar.zst", "etag-2");

  private static final WorkspaceAccess ACCESS =
      new WorkspaceAccess(
          "http://localhost:3002/w/2", new Upload("http://localhost:3002/w/3", "ws/3.tar.zst", 3L));

  private static final ExplainAnswer EXPLAINED =
      new ExplainAnswer(
          REQUEST,
          "queued",
          "EXECUTOR_OVER_CAPACITY",
          "It waits for room.",
          EXECUTOR,
          2,
          7,
          59_000L,
          List.of(new ExplainAnswer.Excluded("LABELS", 2, List.of("a", "b"))));

  private static final DispatchRouter.Moving MOVING =
      new DispatchRouter.Moving(DISPATCH, true, 2, 59_000, new Holder(EXECUTOR, "boot-1", 5), true);

  private static final ExecutorEdge.Holding HOLDING =
      new ExecutorEdge.Holding(REQUEST, 2, Pool.BYON, ORG, EXECUTOR, "boot-1");

  private static final SessionEvent EVENT =
      new SessionEvent(
          RUN,
          7,
          "user_message",
          "info",
          RawJson.of("{\"message\":\"hi\"}"),
          "2026-11-01T00:00:00.000Z");

  private static final SessionState STATE =
      new SessionState(RUN, ORG, "active", "main", EXECUTOR, Pool.BYON, null);

  private static final String CALL = "77777777-7777-4777-8777-777777777777";

  private static final Chunk.ToolCall TOOL_CALL =
      new Chunk.ToolCall("call-1", "shell.run", RawJson.of("{\"script\" : \"uname\"}"));

  private static final Inference INFERENCE =
      new Inference(
          "llm.openai",
          "gpt-x",
          List.of(
              new Inference.System("be brief"),
              new Inference.User("which system?"),
              new Inference.Assistant("I look.", List.of(TOOL_CALL)),
              new Inference.ToolResult("call-1", "shell.run", false, "Linux")),
          List.of(new Inference.Tool("shell.run", "runs", RawJson.of("{\"type\" : \"object\"}"))),
          100_000,
          60_000,
          "sealed:AQID");

  private static final Inference SPARSE_INFERENCE =
      new Inference("llm.ollama", null, List.of(), List.of(), 256, 1_000);

  private static final List<Chunk> CHUNKS =
      List.of(
          new Chunk.Delta("lo "),
          TOOL_CALL,
          new Chunk.Usage(12, 3),
          new Chunk.Finish(Chunk.Reason.TOOL_CALLS),
          new Chunk.Failed(ErrorCode.OPENAI_REQUEST_FAILED, "it answered 401", 401),
          new Chunk.Failed(ErrorCode.ENGINE_FAILED, "told to fail"));

  /** In the order of {@code wire/bus-messages.txt}. */
  static final List<Message> ALL =
      List.of(
          new Done(),
          new Parcel(8_388_608),
          DISPATCH,
          SPARSE_DISPATCH,
          ROUTE,
          SPARSE_ROUTE,
          new DispatchRouter.Run(DISPATCH),
          new DispatchRouter.Accept(SPARSE_DISPATCH),
          new DispatchRouter.Finished(RESULT, true),
          new DispatchRouter.Accepted(),
          new DispatchRouter.Refused(ErrorCode.NO_AGENT_AVAILABLE, "nobody could take it"),
          new Report(
              "byon:" + ORG,
              ORG,
              REQUEST,
              2,
              EXECUTOR,
              DispatchResult.succeeded(RawJson.NULL),
              "gw-1~a"),
          new Report.Settled(),
          new Report.Unwanted(),
          new Reconcile(
              "byon:" + ORG,
              ORG,
              EXECUTOR,
              CONNECTION,
              1_793_491_200_000L,
              "boot-1",
              List.of(new Held(REQUEST, 2)),
              List.of(new Held(RUN + ":node-2:1", 1)),
              "gw-1~a"),
          new Reconcile.Reconciled(
              List.of(new Reconcile.Adopted(REQUEST, 2, ORG)), List.of(new Held(REQUEST, 1))),
          new Reconcile.Adopted(REQUEST, 2, ORG),
          new DispatchRouter.Doubt("byon:" + ORG, REQUEST, 2, EXECUTOR),
          new DispatchRouter.Await("byon:" + ORG, REQUEST, ORG),
          new DispatchRouter.HandOver("gw-1~a", 1, List.of("gw-1~a/0", "gw-1~a/1", "gw-2~b/0")),
          new DispatchRouter.TakeOver("gw-1~a/1#7", List.of(MOVING)),
          MOVING,
          new DispatchRouter.Adopt(List.of(REQUEST)),
          new DispatchRouter.Moving(SPARSE_DISPATCH, false, 0, 59_000, null, false),
          new DispatchRouter.Explain(REQUEST),
          new DispatchRouter.Explanation(EXPLAINED),
          new DispatchRouter.Explanation(null),
          new Offer(DISPATCH, EXECUTOR, CONNECTION, 2, 59_000, WORKSPACE, ACCESS, "gw-1~a"),
          new Offer(SPARSE_DISPATCH, EXECUTOR, CONNECTION, 1, 60_000, null, null, null),
          new Offer.Accepted(),
          new Offer.Full(),
          new Offer.Draining(),
          new Offer.NotHere(),
          new ExecutorEdge.Withdraw(CONNECTION, REQUEST, 2),
          new ExecutorEdge.Cancel(EXECUTOR, REQUEST, 2, "deadline"),
          new ExecutorEdge.Holdings(List.of("gw-1~a")),
          new ExecutorEdge.Holdings(null),
          new ExecutorEdge.HoldingList(List.of(HOLDING)),
          HOLDING,
          new ExecutorEdge.Replaced(EXECUTOR, CONNECTION),
          new SessionRegistry.Started(),
          new SessionRegistry.RouteUp(ROUTE),
          new SessionRegistry.RouteDown(EXECUTOR, CONNECTION, ORG),
          new SessionRegistry.FeedUp("gw-1~a", 7, ROUTE),
          new SessionRegistry.FeedDown("gw-1~a", 8, EXECUTOR, CONNECTION),
          new SessionRegistry.FeedDigest("gw-1~a", 8, 2, -5_123L),
          new SessionRegistry.Own(),
          new SessionRegistry.OwnRoutes(8, List.of(SPARSE_ROUTE)),
          new SessionRegistry.Connected(SPARSE_ROUTE),
          new SessionRegistry.Disconnected(EXECUTOR, CONNECTION),
          new SessionRegistry.Seen(List.of(EXECUTOR), 1_793_491_215_000L),
          new SessionRegistry.Routes(ORG),
          new SessionRegistry.Routes(null),
          new SessionRegistry.Snapshot(),
          new SessionRegistry.RouteList(List.of(ROUTE, SPARSE_ROUTE)),
          new SessionRegistry.Revoked(EXECUTOR),
          new SessionRegistry.Retagged(EXECUTOR, List.of("west", "gpu")),
          new Nodes.Says("gw-1~a", "SERVING"),
          new Nodes.Exchange("gw-1~a", "SERVING"),
          new Nodes.Probe("gw-1~a"),
          new Nodes.Probe.Seen(true),
          new Nodes.Answer(),
          new Nodes.Drain(),
          new Get(REQUEST),
          new Get.Found(ORG, RESULT),
          new Get.NotReady(),
          new Put(REQUEST, ORG, RESULT),
          new Decide(REQUEST, ORG, RESULT),
          new Decide.Stands(RESULT),
          new WorkflowRunner.RunQueued(ORG, RUN),
          new WorkflowRunner.RunCanceled(ORG, RUN),
          new WorkflowRunner.RunHeld(RUN, "gw-1~a/0"),
          new WorkflowRunner.Bring(RUN, REQUEST, RESULT),
          new WorkflowRunner.Bring.Taken(),
          new WorkflowRunner.Bring.NotMine(),
          new Continuations.Arrived(REQUEST, RESULT),
          new Continuations.Progressed(REQUEST, RESULT.output()),
          new SessionTurns.Say(
              ORG,
              RUN,
              USER,
              "hello",
              List.of(new Attachment("a", "text/plain", null, "text", null)),
              "key-1"),
          new SessionTurns.Say(ORG, RUN, USER, "hello", List.of(), null),
          new SessionTurns.Said(EVENT, true),
          new SessionTurns.Changed(STATE),
          new SessionTurns.Canceling(RUN + ":turn:7"),
          new SessionTurns.Canceling(null),
          new SessionTurns.Watching(STATE, 7),
          new SessionTurns.Refused(ErrorCode.SESSION_ARCHIVED, "it is archived"),
          new SessionTurns.Cancel(ORG, RUN, USER, 7L),
          new SessionTurns.Reset(ORG, RUN, USER, ResetMode.CLEAR_HISTORY),
          new SessionTurns.Archive(ORG, RUN, USER),
          new SessionTurns.Restore(ORG, RUN, USER),
          new SessionTurns.Watch(ORG, RUN, "gw-1~a", 0),
          new SessionTurns.Unwatch(ORG, RUN, "gw-1~a", 0),
          new SessionTurns.Progressed(
              ORG, RUN, RUN + ":turn-7-engine-1:0", RawJson.of("{\"seq\":1}")),
          new ClientEdge.Happened(RUN, List.of(EVENT)),
          new ClientEdge.Streamed(RUN, RUN + ":turn:7", 7, 2, "lo ", "2026-11-01T00:00:00.000Z"),
          new ClientEdge.StateChanged(STATE),
          new DispatchRouter.Cancel("byon:" + ORG, REQUEST, ORG),
          new EngineRunner.Infer(CALL, INFERENCE),
          new EngineRunner.Infer(CALL, SPARSE_INFERENCE),
          new EngineRunner.Begun(),
          new EngineRunner.Refused(ErrorCode.ENGINE_UNAVAILABLE, "too many"),
          new EngineRunner.Read(CALL, 3),
          new EngineRunner.Said(3, CHUNKS),
          new EngineRunner.Cancel(CALL),
          new SessionMemory.Use(ORG, "main", SessionMemory.GET, RawJson.of("{\"lines\":5}"), "w1"),
          new SessionMemory.Used(RawJson.of("{\"text\":\"a\"}"), null),
          new SessionMemory.Used(null, "MEMORY_FILE_NOT_FOUND:MEMORY.md"),
          new SessionMemory.Find(ORG, RUN, "main", RawJson.of("{\"query\":\"a\"}")),
          new SessionMemory.Look(ORG, RUN, CALL),
          new SessionMemory.Due());

  private BusSamples() {}
}
