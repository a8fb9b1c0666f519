// SPDX-License-Identifier: Apache-2.0

/// The version that both programs tell, and that events name.
public enum ProgramVersion {
  /// As it is tagged, without a `v`.
  public static let current = "0.1.0"
}
