import CZlib

/// Unpacks gzip files.
enum Gzip {
  /// Unpacked files above this are refused: a small file can claim to hold any amount of zeros.
  static let limit = 512 << 20

  /// Unpacks a file of one or more gzip members.
  ///
  /// - Throws: `IngestError.damagedGzip`, `IngestError.tooLarge`.
  static func unpack(_ packed: [UInt8], limit: Int = Gzip.limit) throws -> [UInt8] {
    var stream = z_stream()
    // 16 asks for the gzip format with the largest window.
    guard inflateInit2_(&stream, 16 + MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw IngestError.outOfMemory
    }
    defer { inflateEnd(&stream) }
    var unpacked: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var input = packed
    try input.withUnsafeMutableBufferPointer { source in
      stream.next_in = source.baseAddress
      stream.avail_in = UInt32(source.count)
      while true {
        let status = buffer.withUnsafeMutableBufferPointer { target in
          stream.next_out = target.baseAddress
          stream.avail_out = UInt32(target.count)
          return inflate(&stream, Z_NO_FLUSH)
        }
        unpacked += buffer[..<(buffer.count - Int(stream.avail_out))]
        if unpacked.count > limit { throw IngestError.tooLarge(bytes: unpacked.count, limit: limit) }
        if status == Z_STREAM_END {
          // A log that was appended to is several members in a row.
          if stream.avail_in < 18 { return }
          guard inflateReset(&stream) == Z_OK else { return }
        } else if status != Z_OK {
          let reason = stream.msg.map { String(cString: $0) } ?? "it ends too early"
          throw IngestError.damagedGzip(reason: reason)
        }
      }
    }
    return unpacked
  }
}
