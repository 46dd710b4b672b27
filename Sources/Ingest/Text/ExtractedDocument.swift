import Store

/// One document read out of a source file: its text as light Markdown and where each part of it came from.
///
/// All ranges are half-open ranges of UTF-8 bytes. Text has LF line ends, one blank line between blocks and no
/// line end at its end; the conventions for headings, lists, tables and code are those of `LightMarkdownWriter`.
public struct ExtractedDocument: Sendable, Equatable {
  /// The page's title, or nil when it states none.
  public var title: String?
  /// Light Markdown.
  public var text: String
  /// Text ranges to byte ranges of the source file (of its unpacked bytes, when it is gzip).
  public var spans: SpanMap
  /// What the source says about itself: declared language, description, front matter and the like.
  public var metadata: [String: String]
  /// The licence the source states, as it states it (an SPDX name or an address).
  public var license: String?
  /// The guessed language: `en`, `zh`, `ja`, `ko`, `de`, `fr`, `es` or `other`.
  public var language: String

  public init(
    title: String? = nil, text: String, spans: SpanMap, metadata: [String: String] = [:], license: String? = nil,
    language: String? = nil
  ) {
    self.title = title
    self.text = text
    self.spans = spans
    self.metadata = metadata
    self.license = license
    self.language = language ?? LanguageGuess.language(of: text)
  }

  /// The blocks of the text, each with the headings it stands under.
  public var blocks: [TextBlock] { TextBlock.blocks(of: text) }
}
