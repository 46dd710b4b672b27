/// Where the bytes of an extracted text came from: runs of text bytes with the source bytes they stand for.
public struct SpanMap: Hashable, Sendable {
  /// A stretch of the text and the stretch of the source it was made of; of equal length when copied unchanged.
  public struct Run: Hashable, Sendable {
    public var text: Range<Int>
    public var source: Range<Int>

    public init(text: Range<Int>, source: Range<Int>) {
      self.text = text
      self.source = source
    }
  }

  /// In ascending order of text, without overlap. Text between runs was added by the extractor.
  public private(set) var runs: [Run]

  public init(runs: [Run] = []) {
    self.runs = []
    for run in runs { append(text: run.text, source: run.source) }
  }

  /// The map of a text that is its source, byte for byte.
  public static func identity(count: Int, sourceStart: Int = 0) -> SpanMap {
    SpanMap(runs: [Run(text: 0..<count, source: sourceStart..<sourceStart + count)])
  }

  /// Adds a run after the last one, and joins the two where both were copied unchanged and touch.
  public mutating func append(text: Range<Int>, source: Range<Int>) {
    guard !text.isEmpty else { return }
    if let last = runs.last, last.text.upperBound == text.lowerBound, last.source.upperBound == source.lowerBound,
      last.text.count == last.source.count, text.count == source.count
    {
      runs[runs.count - 1] = Run(
        text: last.text.lowerBound..<text.upperBound, source: last.source.lowerBound..<source.upperBound)
    } else {
      runs.append(Run(text: text, source: source))
    }
  }

  /// The source bytes from the first to the last that a stretch of the text was made of; nil when none was.
  public func sourceRange(of text: Range<Int>) -> Range<Int>? {
    var low = Int.max
    var high = Int.min
    for run in runs where run.text.overlaps(text) {
      let isCopy = run.text.count == run.source.count
      let head = isCopy ? max(0, text.lowerBound - run.text.lowerBound) : 0
      let tail = isCopy ? max(0, run.text.upperBound - text.upperBound) : 0
      low = min(low, run.source.lowerBound + head)
      high = max(high, run.source.upperBound - tail)
    }
    return low <= high ? low..<high : nil
  }

  /// The compact form of the store: variable-length differences to the preceding run.
  public var encoded: [UInt8] {
    var bytes: [UInt8] = []
    var (text, source) = (0, 0)
    for run in runs {
      Self.write(run.text.lowerBound - text, to: &bytes)
      Self.write(run.text.count, to: &bytes)
      Self.write(run.source.lowerBound - source, to: &bytes)
      Self.write(run.source.count - run.text.count, to: &bytes)
      (text, source) = (run.text.upperBound, run.source.upperBound)
    }
    return bytes
  }

  /// Reads the compact form; nil when the bytes are not one.
  public init?(encoded bytes: [UInt8]) {
    var position = 0
    var (text, source) = (0, 0)
    var runs: [Run] = []
    while position < bytes.count {
      var fields: [Int] = []
      for _ in 0..<4 {
        guard let value = Self.read(bytes, at: &position) else { return nil }
        fields.append(value)
      }
      let textStart = text + fields[0]
      let sourceStart = source + fields[2]
      guard fields[1] >= 0, fields[1] + fields[3] >= 0 else { return nil }
      runs.append(
        Run(
          text: textStart..<textStart + fields[1], source: sourceStart..<sourceStart + fields[1] + fields[3]))
      (text, source) = (textStart + fields[1], sourceStart + fields[1] + fields[3])
    }
    self.runs = runs
  }

  /// Zigzag, then seven bits a byte, lowest first.
  private static func write(_ value: Int, to bytes: inout [UInt8]) {
    var rest = UInt64(bitPattern: Int64(value << 1) ^ Int64(value >> 63))
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private static func read(_ bytes: [UInt8], at position: inout Int) -> Int? {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position < bytes.count, shift < 64 {
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return Int(value >> 1) ^ -Int(value & 1) }
      shift += 7
    }
    return nil
  }
}
