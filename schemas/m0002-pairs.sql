-- Instruction pairs, the prompts that models are asked, and the records of imported data sets.

CREATE TABLE pair (
  id TEXT PRIMARY KEY NOT NULL,
  -- The messages' hash: the same conversation is one row, however often it is found.
  hash TEXT NOT NULL UNIQUE,
  messages TEXT NOT NULL,
  kind TEXT NOT NULL DEFAULT 'sft',
  origin TEXT NOT NULL CHECK (
    origin IN ('mined-faq', 'mined-section', 'template-identity', 'imported', 'written', 'generated')),
  rule TEXT,
  language TEXT,
  split TEXT NOT NULL CHECK (split IN ('train', 'validation', 'test')),
  -- Why the pair is not used; null for a valid one.
  invalid_reason TEXT,
  created TEXT NOT NULL
) STRICT;
CREATE INDEX pair_origin ON pair (origin, rule);

-- The characters of documents that a pair's messages were taken from.
CREATE TABLE pair_source (
  pair TEXT NOT NULL REFERENCES pair (id) ON DELETE CASCADE,
  role TEXT NOT NULL CHECK (role IN ('prompt', 'response')),
  document TEXT NOT NULL REFERENCES document (id) ON DELETE CASCADE,
  chunk TEXT REFERENCES chunk (id) ON DELETE SET NULL,
  start INTEGER NOT NULL,
  "end" INTEGER NOT NULL,
  PRIMARY KEY (pair, role, document, start),
  CHECK (0 <= start AND start <= "end")
) STRICT, WITHOUT ROWID;
CREATE INDEX pair_source_document ON pair_source (document);
CREATE INDEX pair_source_chunk ON pair_source (chunk);

CREATE TABLE prompt (
  id TEXT PRIMARY KEY NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  messages TEXT NOT NULL,
  origin TEXT NOT NULL,
  language TEXT,
  split TEXT NOT NULL CHECK (split IN ('train', 'validation', 'test')),
  pair TEXT REFERENCES pair (id) ON DELETE SET NULL,
  created TEXT NOT NULL
) STRICT;
CREATE INDEX prompt_pair ON prompt (pair);

-- What became of each record of an imported data set, refused ones included.
CREATE TABLE import_record (
  source TEXT NOT NULL REFERENCES source (id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  -- The record's bytes within the source.
  start INTEGER NOT NULL,
  "end" INTEGER NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('pair', 'comparison', 'prompt', 'completion', 'refused')),
  -- The row that holds the record; null for a refused one.
  target TEXT,
  reason TEXT,
  PRIMARY KEY (source, ordinal),
  CHECK (0 <= start AND start <= "end"),
  CHECK ((outcome = 'refused') = (target IS NULL)),
  CHECK ((outcome = 'refused') = (reason IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX import_record_target ON import_record (target) WHERE target IS NOT NULL;
