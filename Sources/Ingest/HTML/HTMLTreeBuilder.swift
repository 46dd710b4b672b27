import CLibXML2
import Glibc

/// Builds an `HTMLTree` from libxml2's parser events, keeping for every text run the bytes it was read from.
///
/// libxml2 repairs the markup (implied and unclosed elements) and decodes entities; its own tree is not built,
/// because its nodes know lines at best, and only up to 65,535.
final class HTMLTreeBuilder {
  private(set) var tree = HTMLTree()
  private var stack: [Int32] = []
  private var tags: [UnsafePointer<UInt8>: HTMLTag] = [:]
  private let page: UnsafeBufferPointer<UInt8>
  private var context: htmlParserCtxtPtr
  private var lastSource: Int32 = 0

  /// Parses a page of valid UTF-8 without NUL bytes.
  ///
  /// - Throws: `IngestError.tooLarge` above 2 GiB, `IngestError.outOfMemory`.
  static func parse(_ page: UnsafeBufferPointer<UInt8>) throws -> HTMLTree {
    guard page.count < Int(Int32.max) else { throw IngestError.tooLarge(bytes: page.count, limit: Int(Int32.max)) }
    _ = libraryIsReady
    guard let base = page.baseAddress, !page.isEmpty else {
      let tree = HTMLTree()
      _ = tree.append(HTMLTree.Node(tag: .html, parent: -1, contents: 0..<0))
      tree.seal()
      return tree
    }
    let raw = UnsafeRawPointer(base).assumingMemoryBound(to: CChar.self)
    guard let context = htmlCreateMemoryParserCtxt(raw, Int32(page.count)) else { throw IngestError.outOfMemory }
    defer { htmlFreeParserCtxt(context) }
    return HTMLTreeBuilder(page: page, context: context).run()
  }

  /// libxml2 must be initialised once before it is used from several threads.
  private static let libraryIsReady: Bool = {
    xmlInitParser()
    return true
  }()

  private init(page: UnsafeBufferPointer<UInt8>, context: htmlParserCtxtPtr) {
    self.page = page
    self.context = context
    tree.nodes.reserveCapacity(page.count / 24)
    tree.bytes.reserveCapacity(page.count)
    stack.append(tree.append(HTMLTree.Node(tag: .html, parent: -1, contents: 0..<0)))
  }

  private func run() -> HTMLTree {
    // The page is UTF-8 already, whatever its <meta> elements say.
    let quiet = HTML_PARSE_RECOVER.rawValue | HTML_PARSE_NOERROR.rawValue | HTML_PARSE_NOWARNING.rawValue
    let options = quiet | HTML_PARSE_NONET.rawValue | HTML_PARSE_IGNORE_ENC.rawValue
    htmlCtxtUseOptions(context, Int32(options))
    context.pointee.charset = Int32(XML_CHAR_ENCODING_UTF8.rawValue)

    var handler = xmlSAXHandler()
    handler.startElement = { context, name, attributes in
      guard let name else { return }
      HTMLTreeBuilder.from(context).startElement(name, attributes)
    }
    handler.endElement = { context, _ in HTMLTreeBuilder.from(context).endElement() }
    handler.characters = { context, text, length in
      guard let text else { return }
      HTMLTreeBuilder.from(context).characters(text, Int(length))
    }
    handler.ignorableWhitespace = handler.characters
    // Scripts and styles arrive as CDATA blocks: none of them is text.
    handler.cdataBlock = { _, _, _ in }
    context.pointee.sax.pointee = handler
    context.pointee._private = Unmanaged.passUnretained(self).toOpaque()
    htmlParseDocument(context)
    tree.seal()
    return tree
  }

  private static func from(_ context: UnsafeMutableRawPointer?) -> HTMLTreeBuilder {
    let parser = context!.assumingMemoryBound(to: htmlParserCtxt.self)
    return Unmanaged<HTMLTreeBuilder>.fromOpaque(parser.pointee._private!).takeUnretainedValue()
  }

  private func startElement(_ name: UnsafePointer<UInt8>, _ list: UnsafeMutablePointer<UnsafePointer<UInt8>?>?) {
    // Names come from the parser's dictionary, so that the same name has the same address.
    let tag: HTMLTag
    if let known = tags[name] {
      tag = known
    } else {
      tag = HTMLTag.byName[String(cString: name).lowercased()] ?? .unknown
      tags[name] = tag
    }
    let first = Int32(tree.attributes.count)
    if let list { append(attributes: list) }
    if tag == .html, tree.nodes[0].lastChild < 0, stack.count == 1 {
      tree.nodes[0].contents = first..<Int32(tree.attributes.count)
      stack.append(0)
      return
    }
    let parent = stack[stack.count - 1]
    let node = tree.append(
      HTMLTree.Node(tag: tag, parent: parent, contents: first..<Int32(tree.attributes.count)))
    stack.append(stack.count < HTMLTree.maximumDepth ? node : parent)
  }

  private func endElement() {
    if stack.count > 1 { stack.removeLast() }
  }

  private func append(attributes list: UnsafeMutablePointer<UnsafePointer<UInt8>?>) {
    var position = 0
    while let name = list[position] {
      if let known = HTMLTreeBuilder.attribute(named: name) {
        let start = Int32(tree.bytes.count)
        if let value = list[position + 1] {
          var end = value
          while end.pointee != 0 { end += 1 }
          tree.bytes.append(contentsOf: UnsafeBufferPointer(start: value, count: end - value))
        }
        tree.attributes.append(HTMLTree.Attribute(name: known, value: start..<Int32(tree.bytes.count)))
      }
      position += 2
    }
  }

  private static func attribute(named name: UnsafePointer<UInt8>) -> HTMLAttribute? {
    // Most attributes are ids, classes and addresses: spare them the detour over a String.
    switch (name[0], name[1]) {
    case (UInt8(ascii: "x"), UInt8(ascii: "m")): return String(cString: name) == "xml:lang" ? .lang : nil
    case (UInt8(ascii: "t"), _), (UInt8(ascii: "d"), _), (UInt8(ascii: "w"), _), (UInt8(ascii: "o"), _): return nil
    default: return HTMLAttribute.byName[String(cString: name)]
    }
  }

  private func characters(_ text: UnsafePointer<UInt8>, _ length: Int) {
    if length == 0 { return }
    let start = Int32(tree.bytes.count)
    tree.bytes.append(contentsOf: UnsafeBufferPointer(start: text, count: length))
    let source = sourceRange(of: text, length)
    lastSource = source.upperBound
    _ = tree.append(
      HTMLTree.Node(
        tag: .text, parent: stack[stack.count - 1], contents: start..<Int32(tree.bytes.count), source: source))
  }

  /// Finds the bytes a text run was read from by the parser's place in the page when it reports the run.
  private func sourceRange(of text: UnsafePointer<UInt8>, _ length: Int) -> Range<Int32> {
    guard let input = context.pointee.input else { return lastSource..<lastSource }
    let place = Int(input.pointee.consumed) + (input.pointee.cur - input.pointee.base)
    // A long run is reported in parts, before the parser has stepped over the last character of a part.
    for end in place...(place + 4) where end >= length && end <= page.count {
      if equal(text, page.baseAddress! + (end - length), length) { return Int32(end - length)..<Int32(end) }
    }
    // A character reference: from its `&` to here.
    let end = min(max(place, Int(lastSource)), page.count)
    var start = end
    while start > Int(lastSource), end - start < 40 {
      start -= 1
      if page[start] == UInt8(ascii: "&") { return Int32(start)..<Int32(end) }
    }
    return lastSource..<Int32(end)
  }

  private func equal(_ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    memcmp(left, right, count) == 0
  }
}
