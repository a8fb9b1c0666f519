// SPDX-License-Identifier: Apache-2.0
import LedgerDomain

// The holds in force: what each is on, told by a number, and where it was placed.

extension RowWriter {
  mutating func holds(_ state: HoldState) {
    count(state.holds.count)
    for hold in state.holds {
      switch hold.target {
      case .ledger: byte(0)
      case .project(let project):
        byte(1)
        name(project)
      case .subject(let id):
        byte(2)
        subjectID(id)
      case .version(let id):
        byte(3)
        subjectID(id.subject)
        integer(id.number.value)
      case .job(let id):
        byte(4)
        job(id)
      }
      count(hold.placed.count)
      for mark in hold.placed { self.mark(mark) }
    }
  }

  private mutating func subjectID(_ id: SubjectID) {
    name(id.project)
    name(id.name)
  }
}

extension RowReader {
  mutating func holds() throws(RowError) -> HoldState {
    var state = HoldState()
    for _ in 0..<(try count(ofAtLeast: 2)) {
      let target = try holdTarget()
      var placed: [Mark] = []
      for _ in 0..<(try count(ofAtLeast: 2)) { placed.append(try mark()) }
      state.holds.append(Hold(target: target, placed: placed))
    }
    return state
  }

  private mutating func holdTarget() throws(RowError) -> HoldTarget {
    let start = offset
    let tag = try byte()
    switch tag {
    case 0: return .ledger
    case 1: return .project(try name())
    case 2: return .subject(try subjectID())
    case 3: return .version(VersionID(subject: try subjectID(), number: try number()))
    case 4: return .job(try job())
    default: throw RowError(offset: start, reason: .unknownWord(tag))
    }
  }

  private mutating func subjectID() throws(RowError) -> SubjectID {
    SubjectID(project: try name(), name: try name())
  }
}
