// SPDX-License-Identifier: Apache-2.0

import LedgerDomain
import LedgerTestSupport

@testable import LedgerStatistics

/// The columns that the models of `Fixtures/models` look at.
let tumourFeatures: [Text] = [
  "radius_mean", "texture_mean", "concave_points_mean", "area_worst", "smoothness_worst",
]

/// A file of `Fixtures/models`.
func modelBytes(_ name: String) throws -> [UInt8] { try Fixture.bytes("models/\(name)") }

/// What a file of `Fixtures/models` says of itself.
func inspect(_ name: String) throws -> ModelDescription {
  try ModelFile.inspect(modelBytes(name), name: name)
}

/// The error that looking into bytes throws.
func modelError(_ bytes: [UInt8], _ name: String) -> ModelError? {
  do {
    _ = try ModelFile.inspect(bytes, name: name)
    return nil
  } catch { return error }
}

/// A PMML document around some elements.
func pmml(_ inside: String, before: String = "") -> [UInt8] {
  Array(
    """
    <?xml version="1.0"?>\(before)
    <PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4">\(inside)</PMML>
    """.utf8)
}
