import CCrypto

/// SHA-256 of content that comes in pieces, so that what is hashed need not be in memory at one time.
public final class ContentHasher {
  private let context: OpaquePointer
  private var hasLines = false

  public init() {
    guard let context = EVP_MD_CTX_new() else { preconditionFailure("libcrypto is out of memory") }
    self.context = context
    EVP_DigestInit_ex(context, EVP_sha256(), nil)
  }

  deinit { EVP_MD_CTX_free(context) }

  /// Adds raw bytes.
  public func add(_ bytes: UnsafeRawBufferPointer) {
    _ = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
  }

  /// Adds a line; lines are hashed as one text, with a newline between them.
  public func add(line: String) {
    var text = hasLines ? "\n" + line : line
    hasLines = true
    text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
  }

  /// The hash of all that was added, as 64 hexadecimal digits; nothing can be added after it.
  public func finish() -> String {
    var bytes = [UInt8](repeating: 0, count: 32)
    EVP_DigestFinal_ex(context, &bytes, nil)
    return ContentHash.hex(bytes)
  }
}
