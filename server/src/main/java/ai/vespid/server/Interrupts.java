package ai.vespid.server;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.function.BooleanSupplier;

/**
 * Ctrl-C as something a command can answer. Java has no interface for signals of its own; the one
 * of {@code jdk.unsupported} is used by name, so that the compiler need not be told to allow it.
 */
final class Interrupts {
  private Interrupts() {}

  /**
   * @param taken whether it was answered; when not, the program ends as it would have
   */
  static void onInterrupt(BooleanSupplier taken) {
    try {
      var signal = Class.forName("sun.misc.Signal");
      var handler = Class.forName("sun.misc.SignalHandler");
      var proxy =
          Proxy.newProxyInstance(
              handler.getClassLoader(),
              new Class<?>[] {handler},
              (self, method, arguments) -> handled(self, method, arguments, taken));
      signal
          .getMethod("handle", signal, handler)
          .invoke(null, signal.getConstructor(String.class).newInstance("INT"), proxy);
    } catch (ClassNotFoundException
        | NoSuchMethodException
        | InstantiationException
        | IllegalAccessException
        | InvocationTargetException e) {
      // Without it Ctrl-C ends the program, which cancels nothing and breaks nothing.
      return;
    }
  }

  private static Object handled(
      Object self, Method method, Object[] arguments, BooleanSupplier taken) {
    return switch (method.getName()) {
      case "handle" -> {
        if (!taken.getAsBoolean()) Runtime.getRuntime().exit(130);
        yield null;
      }
      case "equals" -> self == arguments[0];
      case "hashCode" -> System.identityHashCode(self);
      default -> "interrupts";
    };
  }
}
