-- Raw bytes, the documents extracted from them, and the chunks of documents.

-- One row for each distinct content, whatever names it has.
CREATE TABLE source (
  id TEXT PRIMARY KEY NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  bytes INTEGER NOT NULL CHECK (bytes >= 0),
  media_type TEXT NOT NULL,
  encoding TEXT,
  licence TEXT,
  -- What the bytes are for: documents to extract, or a data set whose records are imported.
  purpose TEXT NOT NULL DEFAULT 'documents' CHECK (purpose IN ('documents', 'dataset')),
  created TEXT NOT NULL
) STRICT;

-- Every name under which a content was met. A name is current for at most one content.
CREATE TABLE source_location (
  source TEXT NOT NULL REFERENCES source (id) ON DELETE CASCADE,
  uri TEXT NOT NULL,
  modified REAL,
  size INTEGER,
  is_current INTEGER NOT NULL DEFAULT 1 CHECK (is_current IN (0, 1)),
  seen TEXT NOT NULL,
  PRIMARY KEY (source, uri)
) STRICT;
CREATE UNIQUE INDEX source_location_current ON source_location (uri) WHERE is_current = 1;

-- What could not be read or extracted; the row goes away when the same name is read successfully later.
CREATE TABLE ingest_failure (
  uri TEXT PRIMARY KEY NOT NULL,
  source TEXT REFERENCES source (id) ON DELETE CASCADE,
  reason TEXT NOT NULL,
  created TEXT NOT NULL
) STRICT;
CREATE INDEX ingest_failure_source ON ingest_failure (source);

CREATE TABLE document (
  -- The number by which the full-text index knows the document.
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  source TEXT NOT NULL REFERENCES source (id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  -- The bytes of the source that this document accounts for.
  source_start INTEGER NOT NULL,
  source_end INTEGER NOT NULL,
  title TEXT,
  language TEXT,
  text TEXT NOT NULL,
  text_hash TEXT NOT NULL,
  span_map BLOB,
  metadata TEXT NOT NULL DEFAULT '{}',
  extractor TEXT NOT NULL,
  -- Why the document is not used; null for a kept one.
  drop_reason TEXT,
  duplicate_of TEXT REFERENCES document (id) ON DELETE SET NULL,
  is_indexed INTEGER NOT NULL DEFAULT 0 CHECK (is_indexed IN (0, 1)),
  created TEXT NOT NULL,
  UNIQUE (source, ordinal),
  CHECK (0 <= source_start AND source_start <= source_end)
) STRICT;
CREATE INDEX document_text_hash ON document (text_hash);
CREATE INDEX document_duplicate_of ON document (duplicate_of) WHERE duplicate_of IS NOT NULL;
CREATE INDEX document_to_index ON document (number) WHERE is_indexed = 0 AND drop_reason IS NULL;

-- What a filter measured. Thresholds are applied by query, so moving one re-reads no document.
CREATE TABLE filter_score (
  document TEXT NOT NULL REFERENCES document (id) ON DELETE CASCADE,
  filter TEXT NOT NULL,
  score REAL,
  spans TEXT,
  PRIMARY KEY (document, filter)
) STRICT, WITHOUT ROWID;

CREATE TABLE chunk (
  id TEXT PRIMARY KEY NOT NULL,
  document TEXT NOT NULL REFERENCES document (id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  -- UTF-8 byte offsets within the document's text.
  start INTEGER NOT NULL,
  "end" INTEGER NOT NULL,
  heading_path TEXT NOT NULL DEFAULT '[]',
  hash TEXT NOT NULL,
  UNIQUE (document, ordinal),
  CHECK (0 <= start AND start <= "end")
) STRICT;

-- Full-text index over kept documents. It keeps no text: what it is fed has every Han, Kana and Hangul character as a
-- word of its own (SearchText), and snippets are cut from the document itself.
CREATE VIRTUAL TABLE document_fts USING fts5 (
  title, body, content = '', tokenize = 'porter unicode61 remove_diacritics 2'
);
