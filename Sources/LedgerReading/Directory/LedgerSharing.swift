// SPDX-License-Identifier: Apache-2.0

public import Glibc

/// Who may write the files of a ledger; the modes follow, whatever the umask.
public enum LedgerSharing: Hashable, Sendable {
  /// Only the owner: files 0600, directories 0700.
  case owner
  /// The members of a group: files 0660, keys 0640, directories 2770 (new files inherit the group).
  case group(gid_t)

  /// The mode of a file.
  public var fileMode: mode_t { self == .owner ? 0o600 : 0o660 }
  /// The mode of a key file: the group signs with it but does not change it.
  public var keyMode: mode_t { self == .owner ? 0o600 : 0o640 }
  /// The mode of a directory.
  public var directoryMode: mode_t { self == .owner ? 0o700 : 0o2770 }
}
