package ai.vespid.agent;

/**
 * One thing that {@code doctor} found.
 *
 * @param fault whether the agent cannot do its work because of it; else it is worth knowing
 * @param code its name, which does not change
 * @param what is so
 * @param remedy what to do about it
 */
record Finding(boolean fault, String code, String what, String remedy) {
  static Finding fault(String code, String what, String remedy) {
    return new Finding(true, code, what, remedy);
  }

  static Finding note(String code, String what, String remedy) {
    return new Finding(false, code, what, remedy);
  }
}
