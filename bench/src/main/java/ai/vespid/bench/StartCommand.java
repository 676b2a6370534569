package ai.vespid.bench;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(name = "start", description = "x")
final class StartCommand implements Callable<Integer> {
  @Override
  public Integer call() {
    return 0;
  }
}
