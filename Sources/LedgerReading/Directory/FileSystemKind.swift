// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// File systems whose locks or shared memory do not hold between the machines that mount them.
enum FileSystemKind {
  /// The name of the network file system that holds an open file; nil when it is a local one.
  ///
  /// Magic numbers as in linux/magic.h and statfs(2).
  static func remote(_ file: borrowing Descriptor, at path: String) -> String? {
    switch clinux_file_system_type(file.number) {
    case 0x6969: "NFS"
    case 0xFF53_4D42, 0xFE53_4D42, 0x517B: "SMB"
    case 0x0102_1997: "9P"
    case 0x00C3_6400: "Ceph"
    case 0x0BD0_0BD0: "Lustre"
    case 0x4750_4653: "GPFS"
    case 0x1983_0326: "BeeGFS"
    case 0x5346_414F, 0x6B41_4653: "AFS"
    case 0x7375_7245: "Coda"
    case 0x7461_636F: "OCFS2"
    case 0x0116_1970: "GFS2"
    case 0x786F_4256: "vboxsf"
    case 0x6573_5546: remoteFUSE(file)
    default: nil
    }
  }

  /// FUSE shows one magic number for sshfs and for local drivers; the mount table tells them apart.
  private static func remoteFUSE(_ file: borrowing Descriptor) -> String? {
    guard let status = file.status(),
      let table = try? DurableFile.read("/proc/self/mountinfo", limit: 1 << 20)
    else { return "FUSE" }
    let type = mountType(
      inTable: table, major: major(status.st_dev), minor: minor(status.st_dev))
    return type.flatMap { remoteTypes.contains($0) ? $0 : nil }
  }

  private static let remoteTypes: Set<String> = [
    "virtiofs", "fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.ceph-fuse", "fuse.s3fs",
    "fuse.gcsfuse", "fuse.goofys", "fuse.rclone", "fuse.davfs", "fuse.curlftpfs", "fuse.smbnetfs",
    "fuse.juicefs", "fuse.moosefs", "fuse.mfs", "fuse.blobfuse", "fuse.blobfuse2", "fuse.mount-s3",
    "fuse.seaweedfs", "fuse.weed", "fuse.hdfs", "fuse.orangefs", "fuse.beegfs", "fuse.lustre",
  ]

  /// The type in the line of /proc/self/mountinfo with this device (proc(5): the third field;
  /// the type follows the separator `-`).
  static func mountType(inTable table: [UInt8], major: UInt32, minor: UInt32) -> String? {
    let device = "\(major):\(minor)"
    for line in table.split(separator: UInt8(ascii: "\n")) {
      let fields = line.split(separator: UInt8(ascii: " "))
      guard fields.count > 6, fields[2].elementsEqual(device.utf8),
        let separator = fields.firstIndex(where: { $0.elementsEqual("-".utf8) }),
        separator + 1 < fields.count
      else { continue }
      return String(decoding: fields[separator + 1], as: UTF8.self)
    }
    return nil
  }

  // The kernel's encoding of a device number in user space (sys/sysmacros.h).
  private static func major(_ device: dev_t) -> UInt32 {
    UInt32((device >> 8) & 0xFFF) | UInt32((device >> 32) & 0xFFFF_F000)
  }

  private static func minor(_ device: dev_t) -> UInt32 {
    UInt32(device & 0xFF) | UInt32((device >> 12) & 0xFFFF_FF00)
  }
}
