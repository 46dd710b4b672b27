import Foundation
import Models
import Store
import Tensors
import Terminal

/// Rounded weights kept on disk, so that a model is quantised once and mapped from then on.
///
/// An entry is a folder that the hash of the weights and the format name. It is written beside, synced and renamed, so it
/// is whole or not there; a damaged one is made again. A disk that is full or cannot be written costs a warning alone.
package struct RoundedCache {
  /// Nil where nothing is kept.
  package let folder: URL?
  private let warn: (String) -> Void

  package init(_ folder: URL?, warn: @escaping (String) -> Void = Self.toConsole) {
    self.folder = folder
    self.warn = warn
  }

  /// The cache beside a store's models; `TOUCHSTONE_CACHE=off` keeps nothing here either.
  package static func beside(models folder: URL) -> RoundedCache {
    RoundedCache(setting == "off" ? nil : folder.appendingPathComponent("quantized"))
  }

  /// The cache for folders that no store knows: `$TOUCHSTONE_CACHE/quantized`, else
  /// `$XDG_CACHE_HOME/touchstone/quantized`, else `~/.cache/touchstone/quantized`.
  package static var personal: RoundedCache {
    let environment = ProcessInfo.processInfo.environment
    if setting == "off" { return RoundedCache(nil) }
    let root: URL
    if let setting {
      root = URL(fileURLWithPath: setting)
    } else if let cache = environment["XDG_CACHE_HOME"], !cache.isEmpty {
      root = URL(fileURLWithPath: cache).appendingPathComponent("touchstone")
    } else {
      root = FileManager.default.homeDirectoryForCurrentUser.appendingPathComponent(".cache/touchstone")
    }
    return RoundedCache(root.appendingPathComponent("quantized"))
  }

  private static var setting: String? {
    ProcessInfo.processInfo.environment["TOUCHSTONE_CACHE"].flatMap { $0.isEmpty ? nil : $0 }
  }

  package static func toConsole(_ text: String) { Console.error.line("warning: " + text) }

  /// The model rounded to `format`: mapped from its entry, which is made first where there is none.
  ///
  /// - Parameter identity: The hash of everything that decides the weights; asked for only where entries are kept.
  /// - Throws: `ModelError` when the source cannot be read.
  package func model(
    _ source: some WeightSource, as format: WeightFormat, identity: () throws -> String
  ) throws -> LanguageModel {
    guard let folder else { return try LanguageModel(rounding: source, to: format) }
    let hash = try identity()
    let place = folder.appendingPathComponent("\(hash)-\(format.rawValue)")
    if let kept = open(place, hash: hash, format: format) { return kept }
    let shape = source.configuration
    let bar = ProgressBar("rounding to \(format.rawValue)", total: shape.weights.count, unit: "weights")
    defer { bar.finish() }
    do {
      try RoundedFolder.write(source, as: format, to: place, metadata: [Self.hashKey: hash]) { bar.set($0) }
    } catch ModelError.unwritable(let file, let reason) {
      bar.finish()
      warn("\(file): \(reason); the \(format.rawValue) weights are made in memory and not kept")
      return try LanguageModel(rounding: source, to: format)
    }
    if let kept = open(place, hash: hash, format: format) { return kept }
    return try LanguageModel(rounding: source, to: format)
  }

  private static let hashKey = "touchstone.source"

  /// An entry that is whole and belongs to these weights; nil where there is none.
  private func open(_ place: URL, hash: String, format: WeightFormat) -> LanguageModel? {
    let file = place.appendingPathComponent("model.safetensors")
    guard FileManager.default.fileExists(atPath: file.path) else { return nil }
    do {
      let metadata = try SafetensorsFile(file).metadata
      guard metadata[Self.hashKey] == hash, metadata[RoundedFolder.formatKey] == format.rawValue else {
        throw ModelError.malformed(file: file.path, reason: "it belongs to other weights")
      }
      return try LanguageModel(folder: place, format: format)
    } catch {
      warn("\(error); it is made again")
      return nil
    }
  }

  // MARK: - Hashes of folders

  private struct Remembered: Codable {
    var path: String
    var files: String
    var hash: String
  }

  /// The content hash of a folder's weights, remembered by names, sizes and times: a second call reads no weights.
  /// - Parameter now: The time; what has just changed is not remembered.
  package func hash(of folder: URL, now: Date = Date()) throws -> String {
    guard let root = self.folder else { return try ModelLibrary.hash(ofWeightsIn: folder) }
    let path = folder.resolvingSymlinksInPath().standardizedFileURL.path
    let note = root.appendingPathComponent("hashes/\(ContentHash.of(path).prefix(32)).json")
    let files = try Self.signature(of: folder)
    if let data = try? Data(contentsOf: note), let known = try? JSONDecoder().decode(Remembered.self, from: data),
      known.path == path, known.files == files.text
    {
      return known.hash
    }
    let hash = try ModelLibrary.hash(ofWeightsIn: folder)
    // A file may change again without a new time within the clock's grain, so what is fresh is not remembered.
    if now.timeIntervalSince1970 - files.newest > 2, try Self.signature(of: folder).text == files.text {
      do {
        try FileManager.default.createDirectory(
          at: note.deletingLastPathComponent(), withIntermediateDirectories: true)
        try AtomicFile.write(JSONEncoder().encode(Remembered(path: path, files: files.text, hash: hash)), to: note)
      } catch {}  // The next call reads the weights again, and the entry's own file will say what is wrong.
    }
    return hash
  }

  private static func signature(of folder: URL) throws -> (text: String, newest: Double) {
    var lines: [String] = []
    var newest = 0.0
    for name in try ModelLibrary.hashedFiles(of: folder) {
      var status = stat()
      guard stat(folder.appendingPathComponent(name).path, &status) == 0 else { continue }
      let (written, changed) = (status.st_mtim, status.st_ctim)
      lines.append(
        "\(name) \(status.st_size) \(written.tv_sec).\(written.tv_nsec) \(changed.tv_sec).\(changed.tv_nsec)")
      newest = max(newest, Double(written.tv_sec), Double(changed.tv_sec))
    }
    return (lines.joined(separator: "\n"), newest)
  }
}
