-- Answers of models, what was asked about them, and what people and rules answered.

CREATE TABLE completion (
  id TEXT PRIMARY KEY NOT NULL,
  -- Of prompt, text, model and sampling settings: the same answer given the same way is one row.
  hash TEXT NOT NULL UNIQUE,
  prompt TEXT NOT NULL REFERENCES prompt (id) ON DELETE CASCADE,
  text TEXT NOT NULL,
  tokens BLOB,
  model TEXT REFERENCES model (id) ON DELETE SET NULL,
  sampling TEXT NOT NULL DEFAULT '{}',
  seed TEXT,
  finish_reason TEXT,
  logprob REAL,
  run TEXT REFERENCES run (id) ON DELETE SET NULL,
  created TEXT NOT NULL
) STRICT;
CREATE INDEX completion_prompt ON completion (prompt);
CREATE INDEX completion_model ON completion (model);
CREATE INDEX completion_run ON completion (run);

-- A number given to one answer by a reward model or a rule.
CREATE TABLE completion_score (
  completion TEXT NOT NULL REFERENCES completion (id) ON DELETE CASCADE,
  scorer TEXT NOT NULL,
  score REAL,
  created TEXT NOT NULL,
  PRIMARY KEY (completion, scorer)
) STRICT, WITHOUT ROWID;

CREATE TABLE comparison (
  id TEXT PRIMARY KEY NOT NULL,
  prompt TEXT NOT NULL REFERENCES prompt (id) ON DELETE CASCADE,
  completion_a TEXT NOT NULL REFERENCES completion (id) ON DELETE CASCADE,
  completion_b TEXT NOT NULL REFERENCES completion (id) ON DELETE CASCADE,
  origin TEXT NOT NULL CHECK (origin IN ('sampled', 'imported', 'written')),
  run TEXT REFERENCES run (id) ON DELETE SET NULL,
  created TEXT NOT NULL,
  CHECK (completion_a <> completion_b)
) STRICT;
-- The same two answers are compared once, whichever comes first.
CREATE UNIQUE INDEX comparison_answers
  ON comparison (min(completion_a, completion_b), max(completion_a, completion_b));
CREATE INDEX comparison_prompt ON comparison (prompt);
CREATE INDEX comparison_b ON comparison (completion_b);
CREATE INDEX comparison_a ON comparison (completion_a);
CREATE INDEX comparison_run ON comparison (run);

CREATE TABLE annotator (
  id TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('person', 'rule', 'imported', 'model')),
  version TEXT NOT NULL DEFAULT '',
  created TEXT NOT NULL,
  UNIQUE (kind, name, version)
) STRICT;

-- Append-only events; `undo` takes back an earlier one.
CREATE TABLE judgement (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  comparison TEXT NOT NULL REFERENCES comparison (id) ON DELETE CASCADE,
  annotator TEXT NOT NULL REFERENCES annotator (id),
  event TEXT NOT NULL CHECK (event IN ('judge', 'undo')),
  verdict TEXT CHECK (verdict IN ('a', 'b', 'tie', 'both_bad', 'skip')),
  -- Whether answer a was shown first (left or on top).
  a_first INTEGER CHECK (a_first IN (0, 1)),
  strength INTEGER,
  comment TEXT,
  milliseconds INTEGER,
  undoes TEXT UNIQUE REFERENCES judgement (id) ON DELETE CASCADE,
  created TEXT NOT NULL,
  CHECK ((event = 'judge') = (verdict IS NOT NULL)),
  CHECK ((event = 'undo') = (undoes IS NOT NULL))
) STRICT;
CREATE INDEX judgement_comparison ON judgement (comparison, annotator);
CREATE INDEX judgement_annotator ON judgement (annotator);

CREATE TRIGGER judgement_is_append_only BEFORE UPDATE ON judgement
BEGIN
  SELECT RAISE (ABORT, 'judgements are append-only: record an undo instead');
END;

-- The last judgement of each annotator on each comparison that was not taken back.
CREATE VIEW current_judgement AS
SELECT j.*
FROM judgement AS j
WHERE j.event = 'judge'
  AND NOT EXISTS (SELECT 1 FROM judgement AS u WHERE u.undoes = j.id)
  AND NOT EXISTS (
    SELECT 1
    FROM judgement AS later
    WHERE later.comparison = j.comparison AND later.annotator = j.annotator
      AND later.event = 'judge' AND later.number > j.number
      AND NOT EXISTS (SELECT 1 FROM judgement AS u WHERE u.undoes = later.id));
