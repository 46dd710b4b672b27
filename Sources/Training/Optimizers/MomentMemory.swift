import Foundation

/// One region of memory for all moments of an optimiser: anonymous, or a file that the system can write them out to.
///
/// The file has no name once it is open, so it is gone when the run ends, however it ends.
final class MomentMemory {
  let start: UnsafeMutableRawPointer
  let byteCount: Int
  /// Whether pages can be given back without losing what is in them.
  let isFile: Bool

  /// Moments begin at multiples of this, so that their pages are theirs alone.
  static let alignment = 4096

  static func aligned(_ bytes: Int) -> Int { (bytes + alignment - 1) / alignment * alignment }

  private init(start: UnsafeMutableRawPointer, byteCount: Int, isFile: Bool) {
    self.start = start
    self.byteCount = byteCount
    self.isFile = isFile
  }

  deinit { munmap(start, byteCount) }

  /// Zeroed memory; pages are taken when they are first touched.
  /// - Throws: `TrainingError.optimizerState` when the system refuses.
  static func anonymous(_ bytes: Int) throws -> MomentMemory {
    let bytes = max(alignment, bytes)
    guard let start = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), start != MAP_FAILED
    else { throw TrainingError.optimizerState(problem: "the system refused \(bytes >> 20) MiB of memory") }
    if bytes >= 4 << 20 { madvise(start, bytes, MADV_HUGEPAGE) }
    return MomentMemory(start: start, byteCount: bytes, isFile: false)
  }

  /// Zeroed memory in a file of the folder, whose space is taken at once.
  /// - Throws: `TrainingError.optimizerState` with the folder and the system's reason.
  static func file(_ bytes: Int, in folder: URL) throws -> MomentMemory {
    let bytes = max(alignment, bytes)
    func failure(_ code: Int32) -> TrainingError {
      .optimizerState(problem: "\(bytes >> 20) MiB in \(folder.path): \(String(cString: strerror(code)))")
    }
    try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    // Checkpoint folders remove what begins so, should a kill come between the next two lines.
    let path = folder.appendingPathComponent(".writing-moments-\(getpid())-\(UInt32.random(in: 0...UInt32.max))").path
    let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure(errno) }
    defer { close(descriptor) }
    unlink(path)
    // Without its space a file's memory would end the process when the disk is full.
    let refused = posix_fallocate(descriptor, 0, off_t(bytes))
    guard refused == 0 else { throw failure(refused) }
    guard let start = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), start != MAP_FAILED else {
      throw failure(errno)
    }
    return MomentMemory(start: start, byteCount: bytes, isFile: true)
  }

  /// Takes a range that begins a page out of the process's memory; the system keeps it in its own or in the file.
  func release(_ data: UnsafeMutableRawPointer, bytes: Int) {
    if isFile { madvise(data, Self.aligned(bytes), MADV_DONTNEED) }
  }
}
