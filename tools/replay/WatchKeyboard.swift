// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The keys of the person who watches, and the signals that end it.
///
/// While it lives, the signals are blocked but in ``wait(_:)``, and the terminal gives each key at once
/// and shows none.
final class WatchKeyboard {
  /// What came of waiting.
  enum Event: Equatable {
    /// The time is over.
    case timeout
    /// A key.
    case key(UInt8)
    /// A signal that asks for the end.
    case signal(Int32)
  }

  private static let signals = [SIGINT, SIGTERM, SIGHUP]

  /// Whether there are keys to be pressed.
  let hasKeys: Bool
  private var saved = termios()
  private var mask = sigset_t()

  /// Takes over the terminal at standard input, if it is one.
  init() {
    var blocked = sigset_t()
    sigemptyset(&blocked)
    for number in WatchKeyboard.signals {
      sigaddset(&blocked, number)
      signal(number) { caught = $0 }
    }
    sigprocmask(SIG_BLOCK, &blocked, &mask)
    for number in WatchKeyboard.signals { sigdelset(&mask, number) }
    hasKeys = isatty(STDIN_FILENO) == 1 && tcgetattr(STDIN_FILENO, &saved) == 0
    guard hasKeys else { return }
    var modes = saved
    modes.c_lflag &= ~tcflag_t(ICANON | ECHO)
    tcsetattr(STDIN_FILENO, TCSANOW, &modes)
  }

  deinit {
    guard hasKeys else { return }
    var modes = saved
    tcsetattr(STDIN_FILENO, TCSANOW, &modes)
  }

  /// Waits for a key or signal, for so many microseconds, or without end.
  func wait(_ microseconds: UInt64?) -> Event {
    var ready = fd_set()
    if hasKeys {
      // Descriptor 0 is the first bit.
      withUnsafeMutableBytes(of: &ready) { $0[0] |= 1 }
    }
    var mask = mask
    let result: Int32
    if let microseconds {
      var time = timespec(
        tv_sec: Int(microseconds / 1_000_000), tv_nsec: Int(microseconds % 1_000_000) * 1000)
      result = pselect(hasKeys ? 1 : 0, &ready, nil, nil, &time, &mask)
    } else {
      result = pselect(hasKeys ? 1 : 0, &ready, nil, nil, nil, &mask)
    }
    if caught != 0 { return .signal(caught) }
    guard result > 0 else { return .timeout }
    var key: UInt8 = 0
    // A terminal that is gone gives no key any more.
    return read(STDIN_FILENO, &key, 1) == 1 ? .key(key) : .signal(SIGHUP)
  }
}

/// The signal that came. Safe: its handler runs in `pselect` alone, called by the one thread that reads
/// this afterwards; everywhere else the signals are blocked.
nonisolated(unsafe) private var caught: Int32 = 0
