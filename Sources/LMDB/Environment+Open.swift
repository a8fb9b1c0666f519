// SPDX-License-Identifier: Apache-2.0
import CLMDB
import Glibc
import Synchronization

extension Environment {
  /// Opens the environment in `directory`.
  ///
  /// The directory must exist. Neither it nor the files in it may be symbolic links. The data file
  /// is looked at before LMDB maps it: missing (`notFound`), empty or foreign (`invalid`), shorter
  /// than the pages in use (`truncated`). One environment per file and process: `alreadyOpen`.
  /// Descriptors become close-on-exec and slots of dead readers are freed; a child that another
  /// thread starts during this very call may inherit them, so environments open first.
  public static func open(
    directory: String, options: Options
  ) throws(LMDBError) -> Environment {
    ForkGuard.arm()
    return try OpenEnvironments.open { (alreadyOpen) throws(LMDBError) in
      let mapSize = try inspect(directory, options, alreadyOpen)
      guard let gate = Gate() else { throw LMDBError(status: EAGAIN, in: "pthread_key_create") }
      let handle = try openHandle(directory, options, mapSize)
      do throws(LMDBError) {
        let (identity, lock) = try adoptFiles(of: handle, in: directory)
        return Environment(
          handle: handle, path: directory, isReadOnly: options.readOnly, identity: identity,
          lock: options.noLock ? nil : lock, gate: gate, serial: OpenEnvironments.nextSerial())
      } catch {
        mdb_env_close(handle)
        throw error
      }
    }
  }

  /// Refuses what must not be opened, and returns the size of the map to ask for.
  private static func inspect(
    _ directory: String, _ options: Options, _ alreadyOpen: Set<FileIdentity>
  ) throws(LMDBError) -> Int {
    // With a slash at its end, lstat would follow a link.
    var name = Substring(directory)
    while name.utf8.count > 1, name.utf8.last == UInt8(ascii: "/") { name.removeLast() }
    guard let folder = try lookUp(String(name)) else {
      throw LMDBError(.noSuchFile, in: "lstat")
    }
    guard folder.st_mode & S_IFMT == S_IFDIR else { throw LMDBError(.notADirectory, in: "lstat") }
    if let lock = try lookUp(directory + "/lock.mdb"), lock.st_mode & S_IFMT != S_IFREG {
      throw LMDBError(.notARegularFile, in: "lstat")
    }
    guard let data = try lookUp(directory + "/data.mdb") else {
      if options.createsFiles && !options.readOnly { return options.mapSizeBytes }
      throw LMDBError(.notFound, in: "lstat")
    }
    guard data.st_mode & S_IFMT == S_IFREG else { throw LMDBError(.notARegularFile, in: "lstat") }
    if alreadyOpen.contains(FileIdentity(data)) { throw LMDBError(.alreadyOpen, in: "lstat") }
    if data.st_size == 0 && options.createsFiles && !options.readOnly {
      return options.mapSizeBytes
    }
    let descriptor = Glibc.open(
      directory + "/data.mdb", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { throw LMDBError(status: errno, in: "open") }
    defer { Glibc.close(descriptor) }
    let stored = try DataFile(descriptor: descriptor).check().mapSize
    // A size beyond what a process can map is not believed.
    return stored < 1 << 46 ? max(stored, options.mapSizeBytes) : options.mapSizeBytes
  }

  /// lstat(2), nil where there is nothing; a symbolic link is refused.
  private static func lookUp(_ path: String) throws(LMDBError) -> stat? {
    var status = stat()
    guard lstat(path, &status) == 0 else {
      if errno == ENOENT { return nil }
      throw LMDBError(status: errno, in: "lstat")
    }
    if status.st_mode & S_IFMT == S_IFLNK { throw LMDBError(.symbolicLink, in: "lstat") }
    return status
  }

  private static func openHandle(
    _ directory: String, _ options: Options, _ mapSize: Int
  ) throws(LMDBError) -> OpaquePointer {
    precondition(
      !options.noLock || options.readOnly, "An environment without locks must be read-only.")
    var created: OpaquePointer?
    let status = mdb_env_create(&created)
    guard status == 0, let handle = created else {
      throw LMDBError(status: status, in: "mdb_env_create")
    }
    var flags = UInt32(MDB_NOTLS)
    if options.readOnly { flags |= UInt32(MDB_RDONLY) }
    if options.noLock { flags |= UInt32(MDB_NOLOCK) }
    if options.unsafeNoSync { flags |= UInt32(MDB_NOSYNC) }
    do throws(LMDBError) {
      try succeed(mdb_env_set_mapsize(handle, mapSize), "mdb_env_set_mapsize")
      // Pages that are no tree end a reader by SIGBUS, as pages that are missing do, and not by the
      // SIGABRT that follows here: whoever explains the one explains both.
      try succeed(mdb_env_set_assert(handle) { _, _ in raise(SIGBUS) }, "mdb_env_set_assert")
      try succeed(
        mdb_env_set_maxdbs(handle, UInt32(clamping: options.maximumTables)), "mdb_env_set_maxdbs")
      try succeed(
        mdb_env_set_maxreaders(handle, UInt32(clamping: options.maximumReaders)),
        "mdb_env_set_maxreaders")
      try succeed(
        mdb_env_open(handle, directory, flags, mode_t(options.mode)), "mdb_env_open")
      return handle
    } catch {
      // lmdb.h: a handle whose opening failed must be closed as well.
      mdb_env_close(handle)
      throw error
    }
  }

  /// Confirms which file was opened, frees dead readers' slots, and keeps children out; returns the
  /// lock file's descriptor, too.
  private static func adoptFiles(
    of handle: OpaquePointer, in directory: String
  ) throws(LMDBError) -> (FileIdentity, lock: Int32?) {
    var descriptor: Int32 = -1
    try succeed(mdb_env_get_fd(handle, &descriptor), "mdb_env_get_fd")
    var opened = stat()
    guard fstat(descriptor, &opened) == 0 else { throw LMDBError(status: errno, in: "fstat") }
    guard let named = try lookUp(directory + "/data.mdb"),
      FileIdentity(named) == FileIdentity(opened)
    else { throw LMDBError(.exchanged, in: "fstat") }
    let lock = try lookUp(directory + "/lock.mdb").map { FileIdentity($0) }
    let numbers = try closeOnExec([FileIdentity(opened), lock].compactMap { $0 })
    try succeed(mdb_reader_check(handle, nil), "mdb_reader_check")
    return (FileIdentity(opened), lock.flatMap { numbers[$0] })
  }

  /// Sets FD_CLOEXEC on every descriptor of this process that is one of `files`; returns one of
  /// each.
  ///
  /// LMDB 0.9.24 opens the data file twice without it (mdb.c 4195 to 4215) and does not hand out
  /// the second descriptor, so all are looked through.
  private static func closeOnExec(
    _ files: [FileIdentity]
  ) throws(LMDBError) -> [FileIdentity: Int32] {
    var numbers: [FileIdentity: Int32] = [:]
    for descriptor in openDescriptors() {
      var status = stat()
      guard fstat(descriptor, &status) == 0, files.contains(FileIdentity(status)) else { continue }
      let flags = fcntl(descriptor, F_GETFD)
      guard flags >= 0, fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC) == 0 else {
        throw LMDBError(status: errno, in: "fcntl")
      }
      numbers[FileIdentity(status)] = descriptor
    }
    return numbers
  }

  /// The numbers below /proc/self/fd; without /proc, all that there could be.
  private static func openDescriptors() -> [Int32] {
    guard let listing = opendir("/proc/self/fd") else {
      return Array(0..<min(getdtablesize(), 65_536))
    }
    defer { closedir(listing) }
    var numbers: [Int32] = []
    while let entry = readdir(listing) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if let number = Int32(name) { numbers.append(number) }
    }
    return numbers
  }
}

/// Throws for any status but success.
func succeed(_ status: Int32, _ operation: String) throws(LMDBError) {
  if status != 0 { throw LMDBError(status: status, in: operation) }
}

/// Which data files this process has open.
///
/// Opening one a second time would work, and closing either would drop the locks of both
/// (fcntl(2) locks belong to process and file).
enum OpenEnvironments {
  private struct State {
    var files: Set<FileIdentity> = []
  }

  private static let state = Mutex(State())
  private static let serials = Atomic<UInt32>(0)

  static func nextSerial() -> UInt32 {
    serials.add(1, ordering: .relaxed).newValue
  }

  /// Runs `body` with what is open, one at a time, and adds what it opened.
  static func open(
    _ body: (Set<FileIdentity>) throws(LMDBError) -> Environment
  ) throws(LMDBError) -> Environment {
    let opened: Result<Environment, LMDBError> = state.withLock { state in
      do throws(LMDBError) {
        let environment = try body(state.files)
        state.files.insert(environment.identity)
        return .success(environment)
      } catch {
        return .failure(error)
      }
    }
    return try opened.get()
  }

  /// Runs `body`, which closes the file, with no opening at the same time.
  static func close(_ identity: FileIdentity, _ body: () -> Void) {
    state.withLock { state in
      body()
      state.files.remove(identity)
    }
  }
}
