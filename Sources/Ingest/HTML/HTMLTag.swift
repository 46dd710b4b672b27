/// The elements that extraction treats in a way of their own; all others are `unknown` and read as inline text.
enum HTMLTag: String, CaseIterable {
  case text = "#text"
  case unknown = "#unknown"
  case html, head, body, title, meta, link, base
  case script, style, noscript, template, iframe, object, embed, svg, canvas, video, audio, map
  case button, select, option, optgroup, textarea, input, datalist, dialog, rp, rt, frameset
  case nav, header, footer, aside, main, article, section, form, search
  case div, p, blockquote, address, center, figure, figcaption, fieldset, legend, details, summary, hgroup
  case h1, h2, h3, h4, h5, h6
  case ul, ol, menu, dir, li, dl, dt, dd
  case table, caption, colgroup, col, thead, tbody, tfoot, tr, td, th
  case pre, listing, xmp, plaintext, hr, br, img
  case a, span, b, strong, i, em, code, tt, samp, kbd, q, sup, sub, font, small, u, label, abbr, cite, wbr

  static let byName: [String: HTMLTag] = Dictionary(uniqueKeysWithValues: allCases.map { ($0.rawValue, $0) })

  var headingLevel: Int? {
    switch self {
    case .h1: 1
    case .h2: 2
    case .h3: 3
    case .h4: 4
    case .h5: 5
    case .h6: 6
    default: nil
    }
  }

  /// Elements whose contents are never text of the page.
  var isNeverText: Bool {
    switch self {
    case .head, .script, .style, .noscript, .template, .iframe, .object, .embed, .svg, .canvas, .video, .audio, .map,
      .button, .select, .option, .optgroup, .textarea, .input, .datalist, .dialog, .rp, .rt, .frameset, .nav, .search,
      .meta, .link, .base, .title:
      true
    default: false
    }
  }

  /// Elements that end the paragraph before them and begin a new one.
  var isBlock: Bool {
    switch self {
    case .html, .body, .header, .footer, .aside, .main, .article, .section, .form, .div, .p, .blockquote, .address,
      .center, .figure, .figcaption, .fieldset, .legend, .details, .summary, .hgroup, .h1, .h2, .h3, .h4, .h5, .h6,
      .ul, .ol, .menu, .dir, .li, .dl, .dt, .dd, .table, .caption, .thead, .tbody, .tfoot, .tr, .td, .th, .pre,
      .listing, .xmp, .plaintext, .hr:
      true
    default: false
    }
  }

  var isCode: Bool { self == .code || self == .tt || self == .samp || self == .kbd }
  var isPreformatted: Bool { self == .pre || self == .listing || self == .xmp || self == .plaintext }
  var isList: Bool { self == .ul || self == .ol || self == .menu || self == .dir }
}

/// The attributes that extraction looks at.
enum HTMLAttribute: String, CaseIterable {
  case `class`, id, role, href, lang, alt, start, value, colspan, name, property, content, rel, hidden, style
  case ariaHidden = "aria-hidden"

  static let byName: [String: HTMLAttribute] = Dictionary(uniqueKeysWithValues: allCases.map { ($0.rawValue, $0) })
}
