// SPDX-License-Identifier: Apache-2.0

import LedgerDomain
import LedgerTestSupport
import Testing

/// What a refusal means to a program and to a person.
@Suite struct RefusalTests {
  static let version = Scenario.version(3)
  static let job = JobID("deploy-7k2pqx")!
  static let day = CalendarDate("2026-11-30")!

  /// Every refusal with its class.
  static let all: [(Refusal, Refusal.Class)] = [
    (.notAMember(Actor.bob.id), .rule),
    (.roleMissing(Actor.bob.id, needs: [.operator, .admin]), .rule),
    (.authenticationTooWeak(Actor.bob.id, has: .os, needs: .ssh), .rule),
    (.claimsNotAllowed(Actor.bob.id), .rule), (.reasonBlank, .rule),
    (.signatureRequired(.approved), .rule), (.signatureRequired(.retired), .rule),
    (.signatureRequired(nil), .rule), (.keyNotGranted(Actor.bob.id, fingerprint: "k"), .rule),
    (.signatureInvalid("it is none"), .rule), (.statementDiffers(member: "origin"), .rule),
    (.statementDiffers(member: "evidence"), .tryAgain),
    (.statementUntimely(signedAt: Timestamp(microseconds: 0)), .rule),
    (.projectNotFound("churn"), .notFound), (.projectExists("churn"), .badInput),
    (.subjectNotFound(Scenario.model), .notFound),
    (.subjectOfOtherKind(Scenario.model, is: .model), .badInput),
    (.versionNotFound(version), .notFound), (.versionNotBuilt(version, .building), .rule),
    (.notEvaluated(version, .model), .rule), (.thresholdsNotMet(version, metrics: ["auc"]), .rule),
    (.fourEyes(version, maker: Actor.olga.id), .rule),
    (.evidenceChanged(version, at: Position(41)), .tryAgain),
    (.seenBeyondHead(LedgerSize(99)), .badInput), (.notApproved(version, nil), .rule),
    (.notApproved(version, .rejected), .rule), (.approvalExpired(version, on: day), .rule),
    (.approvalOfOtherArtifacts(version), .rule),
    (.targetOccupied(target: "production", by: job), .rule),
    (.targetReserved(target: "production", by: job), .tryAgain),
    (.deploymentNotFound(job), .notFound), (.deploymentRetired(job), .rule),
    (.jobNotFound(job), .notFound), (.jobEnded(job, .completed), .rule),
    (.jobRunning(job), .tryAgain), (.jobNotRunning(job, .created), .rule),
    (.jobIdentifierTaken(job), .tryAgain), (.memberNotFound(Actor.bob.id), .notFound),
    (.lastAdmin(Actor.alice.id), .rule), (.requestReused(RequestKey("k")!), .badInput),
    (.invalid("that cannot be"), .badInput), (.notHeld("churn/lr@3"), .notFound),
    (.held("churn/lr@3", since: Position(41)), .rule),
    (.retained(until: Timestamp(microseconds: 0)), .rule),
    (.inProduction(version, job), .rule),
  ]

  @Test(arguments: all.map(\.0))
  func `a refusal says what and why, and what to do next`(refusal: Refusal) {
    #expect(!Text(refusal.summary).isBlank)
    #expect(!refusal.summary.hasSuffix("."))
    #expect(!refusal.summary.contains("Optional("))
    if case .invalid = refusal {
      #expect(refusal.advice == nil)
    } else if case .subjectOfOtherKind = refusal {
    } else {
      #expect(refusal.advice.map { !Text($0).isBlank } == true)
    }
  }

  @Test func `every refusal has its class, and rules alone are recorded`() {
    for (refusal, expected) in RefusalTests.all {
      #expect(refusal.class == expected, "\(refusal)")
      #expect(refusal.isRecorded == (expected == .rule))
    }
  }

  @Test func `every refusal has its own word`() {
    var words: [String: [Refusal]] = [:]
    for (refusal, _) in RefusalTests.all { words[refusal.word, default: []].append(refusal) }
    #expect(words.count == 41)
    #expect(words.keys.allSatisfy { Name($0) != nil })
  }

  @Test func `advice names what it is about`() {
    #expect(
      Refusal.targetReserved(target: "production", by: RefusalTests.job).advice?
        .contains("jobledger logs deploy-7k2pqx -f") == true)
    #expect(
      Refusal.notEvaluated(RefusalTests.version, .model).advice?
        .contains("jobledger evaluate churn/churn-lr@3") == true)
  }
}
