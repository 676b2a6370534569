package ai.vespid.gateway.edge;

/** Which protocol an agent speaks, known from its first frame. */
enum Dialect {
  V2,
  V1
}
