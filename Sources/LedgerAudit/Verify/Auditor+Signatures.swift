// SPDX-License-Identifier: Apache-2.0
import LedgerDomain

// Whether each signature is of what the event says, by a key that its actor had then.

extension Auditor {
  /// Checks the signature of an event against the views as they were before it.
  func checkSignature(of event: Event, at position: UInt64) {
    var views = folder.views
    if event.fact.signature != nil { report.checked.signatures += 1 }
    let isRepeated = repeatedErasures.take(event)
    for fault in SignatureCheck.faults(of: event, given: &views, isRepeated: isRepeated) {
      log.add(fault.code, position, fault.detail)
    }
  }
}
