/// Names that documentation generators, wikis and content systems give to parts of a page.
enum HTMLFurniture {
  static let containers: Set<String> = [
    "content", "main", "main-content", "maincontent", "bodycontent", "mw-content-text", "article", "article-body",
    "article-content", "post", "post-content", "post-body", "entry-content", "markdown-body", "page-content",
    "document",
    "story-body", "rst-content", "theme-doc-markdown",
  ]
  /// Footnotes and their marks are among them: cut from their place they mean nothing.
  static let always: Set<String> = [
    "navheader", "navfooter", "docnav", "nav", "navbar", "navigation", "navbox", "nav-links", "site-nav", "topnav",
    "breadcrumb", "breadcrumbs", "toc", "table-of-contents", "tableofcontents", "lot", "lof", "list-of-figures",
    "pagination", "pager", "prev-next", "page-nav", "skip-link", "skiplink", "skip-nav", "sr-only", "visually-hidden",
    "screen-reader-text", "banner", "cookie", "cookies", "cookie-banner", "cookie-notice", "cookie-consent",
    "cookiebar", "consent", "gdpr", "headerlink", "anchorjs-link", "mw-editsection", "edit-page", "edit-this-page",
    "copybtn", "copy-button", "linenos", "lineno", "linenumbers", "gutter", "advertisement", "advert", "ads",
    "adsbygoogle",
    "newsletter", "subscribe", "popup", "modal", "social-share", "share-buttons", "sharing", "sphinxsidebar",
    "site-header", "site-footer", "page-footer", "footer", "colophon", "printfooter", "catlinks", "searchbox",
    "search-form", "language-switcher", "footnote", "footnotes", "footnote-ref", "footnote-backref", "reference",
    "langlinks", "reference-links", "jump-to-nav",
  ]
  static let whenLinked: Set<String> = [
    "sidebar", "side-bar", "menu", "header", "related", "related-posts", "social", "share", "comments", "widget",
    "promo", "meta", "tags", "tag-list", "categories", "links", "top", "bottom", "toolbar", "version", "versions",
    "login", "search", "noprint", "byline", "post-meta", "entry-meta",
  ]
  static let roles: Set<String> = [
    "navigation", "banner", "contentinfo", "search", "dialog", "alertdialog", "menu", "menubar", "toolbar",
    "complementary", "directory",
  ]
}
