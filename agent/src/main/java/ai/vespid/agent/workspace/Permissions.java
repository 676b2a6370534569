package ai.vespid.agent.workspace;

import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;

/**
 * The nine bits of a mode that say who may do what. Those that lend the rights of the owner
 * (setuid, setgid) and the sticky one have no place in files that travel between machines.
 */
final class Permissions {
  private static final PosixFilePermission[] HIGHEST_BIT_FIRST = PosixFilePermission.values();

  private Permissions() {}

  static Set<PosixFilePermission> of(int mode) {
    var permissions = EnumSet.noneOf(PosixFilePermission.class);
    for (var permission : HIGHEST_BIT_FIRST) {
      if ((mode & bit(permission)) != 0) permissions.add(permission);
    }
    return permissions;
  }

  static int mode(Set<PosixFilePermission> permissions) {
    return permissions.stream().mapToInt(Permissions::bit).sum();
  }

  private static int bit(PosixFilePermission permission) {
    return 1 << (HIGHEST_BIT_FIRST.length - 1 - permission.ordinal());
  }
}
