/**
 * The ingress: {@code /internal/v1/*} for workers. It validates and authenticates, hands the work
 * to the home router and holds the HTTP answer. It keeps nothing: a caller whose gateway died asks
 * another one under the same request id.
 */
package ai.vespid.gateway.ingress;
