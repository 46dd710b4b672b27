/// Licences that files name in a form made for machines.
enum StatedLicense {
  /// The name behind `SPDX-License-Identifier:` in the first 8 KiB.
  static func find(in bytes: [UInt8]) -> String? {
    let head = String(decoding: bytes.prefix(8192), as: UTF8.self)
    guard
      let match = head.firstMatch(
        of: /SPDX-License-Identifier:\s*([A-Za-z0-9.+-]+(?: (?:OR|AND|WITH) [A-Za-z0-9.+-]+)*)/)
    else { return nil }
    return String(match.1)
  }
}
