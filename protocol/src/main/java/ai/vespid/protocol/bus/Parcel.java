package ai.vespid.protocol.bus;

/**
 * Stands for a question or an answer that is too big to be sent whole to another node. All that
 * goes to a node shares one connection; a big message would delay every heartbeat behind it.
 *
 * <pre>
 * who has it                 who is to have it
 *   Parcel(bytes) ----------->
 *                 <-----------  Done (go on)
 *   a piece ----------------->  (bytes, no message; at most a window of them is on its way to a node)
 *                 <-----------  Done (after each piece)
 *   Done ------------------->   only for a question: it is asked now, and its time begins
 * </pre>
 *
 * @param bytes of the whole message, as its codec writes it
 */
public record Parcel(int bytes) implements Message {}
