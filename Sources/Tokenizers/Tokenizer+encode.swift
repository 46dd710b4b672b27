extension Tokenizer {
  /// The token ids of a text.
  ///
  /// - Parameters:
  ///   - parsingSpecial: whether special tokens written in the text (`<|im_end|>`) become their ids.
  ///   - addingSpecial: whether the tokens that the post-processor puts around a text (such as BOS) are added.
  public func encode(_ text: String, parsingSpecial: Bool = true, addingSpecial: Bool = false) -> [Int32] {
    var result: [Int32] = addingSpecial ? postProcessor.prefix : []
    var text = text
    withScratch { scratch in
      text.withUTF8 { bytes in
        result.reserveCapacity(result.count + bytes.count / 4 + 1)
        if rawMatcher.isEmpty {
          encodeSection(bytes, parsingSpecial, scratch, &result)
        } else {
          for piece in rawMatcher.pieces(of: bytes, parsingSpecial: parsingSpecial) {
            switch piece {
            case .token(let id): result.append(id)
            case .text(let range):
              encodeSection(UnsafeBufferPointer(rebasing: bytes[range]), parsingSpecial, scratch, &result)
            }
          }
        }
      }
    }
    if addingSpecial { result += postProcessor.suffix }
    return result
  }

  /// Text between tokens that are matched as it stands: normalise it, then look for the other added tokens.
  private func encodeSection(
    _ bytes: UnsafeBufferPointer<UInt8>, _ parsingSpecial: Bool, _ scratch: Scratch, _ result: inout [Int32]
  ) {
    if normalizer.leavesUnchanged(bytes) {
      encodeNormalized(bytes, parsingSpecial, scratch, &result)
    } else {
      var text = normalizer.normalize(String(decoding: bytes, as: UTF8.self))
      text.withUTF8 { encodeNormalized($0, parsingSpecial, scratch, &result) }
    }
  }

  private func encodeNormalized(
    _ bytes: UnsafeBufferPointer<UInt8>, _ parsingSpecial: Bool, _ scratch: Scratch, _ result: inout [Int32]
  ) {
    if normalizedMatcher.isEmpty { return encodeWords(bytes, scratch, &result) }
    for piece in normalizedMatcher.pieces(of: bytes, parsingSpecial: parsingSpecial) {
      switch piece {
      case .token(let id): result.append(id)
      case .text(let range): encodeWords(UnsafeBufferPointer(rebasing: bytes[range]), scratch, &result)
      }
    }
  }

  private func encodeWords(_ bytes: UnsafeBufferPointer<UInt8>, _ scratch: Scratch, _ result: inout [Int32]) {
    preTokenizer.forEachWord(in: bytes, using: scratch.pieces) { word in
      model.encode(word, with: scratch.words, into: &result)
    }
  }
}
