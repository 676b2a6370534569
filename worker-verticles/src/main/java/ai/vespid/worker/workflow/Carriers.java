package ai.vespid.worker.workflow;

import ai.vespid.sql.RunRepository;
import ai.vespid.worker.gateway.GatewayClient;
import ai.vespid.worker.nodes.NodeExecutor;
import ai.vespid.worker.nodes.RemoteNodes;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.InstantSource;

/** What carries out the decisions of every run of one runner. */
record Carriers(
    Vertx vertx,
    InstantSource clock,
    RunRepository runs,
    Secrets secrets,
    NodeExecutor local,
    RemoteNodes remote,
    GatewayClient gateway,
    Duration lease,
    long lingerMs) {}
