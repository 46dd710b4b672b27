-- Models, the runs that made them, and what each step of a run read and measured.

CREATE TABLE model (
  id TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('base', 'adapter', 'reward', 'value', 'tokenizer')),
  path TEXT NOT NULL,
  hash TEXT NOT NULL,
  parent TEXT REFERENCES model (id) ON DELETE SET NULL,
  config TEXT NOT NULL DEFAULT '{}',
  created TEXT NOT NULL
) STRICT;
CREATE INDEX model_name ON model (name, created);
CREATE INDEX model_hash ON model (hash);
CREATE INDEX model_parent ON model (parent);

CREATE TABLE run (
  id TEXT PRIMARY KEY NOT NULL,
  recipe TEXT NOT NULL,
  stage TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  parameters TEXT NOT NULL DEFAULT '{}',
  -- Text, because a seed may use all 64 bits.
  seed TEXT NOT NULL,
  program TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed', 'interrupted')),
  message TEXT,
  input_model TEXT REFERENCES model (id) ON DELETE SET NULL,
  output_model TEXT REFERENCES model (id) ON DELETE SET NULL,
  started TEXT NOT NULL,
  ended TEXT
) STRICT;
CREATE INDEX run_stage ON run (stage, fingerprint);
CREATE INDEX run_input ON run (input_model);
CREATE INDEX run_output ON run (output_model);

-- What a step read: a JSON array of row ids.
CREATE TABLE step (
  run TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  reads TEXT NOT NULL DEFAULT '[]',
  created TEXT NOT NULL,
  PRIMARY KEY (run, number)
) STRICT, WITHOUT ROWID;

-- A null value is a measured NaN.
CREATE TABLE metric (
  run TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  step INTEGER NOT NULL,
  value REAL,
  PRIMARY KEY (run, name, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE checkpoint (
  id TEXT PRIMARY KEY NOT NULL,
  run TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
  step INTEGER NOT NULL,
  path TEXT NOT NULL,
  hash TEXT NOT NULL,
  created TEXT NOT NULL,
  UNIQUE (run, step)
) STRICT;

-- What stages have finished: a stage whose fingerprint is here is up to date.
CREATE TABLE stage_result (
  stage TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  outputs TEXT NOT NULL DEFAULT '{}',
  run TEXT REFERENCES run (id) ON DELETE SET NULL,
  finished TEXT NOT NULL,
  PRIMARY KEY (stage, fingerprint)
) STRICT;
CREATE INDEX stage_result_run ON stage_result (run);

-- What an unfinished stage has done so far, item by item.
CREATE TABLE work_item (
  stage TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  item TEXT NOT NULL,
  output TEXT NOT NULL,
  created TEXT NOT NULL,
  PRIMARY KEY (stage, fingerprint, item)
) STRICT, WITHOUT ROWID;
