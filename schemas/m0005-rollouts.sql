-- Episodes of policy optimisation, and scores of the frozen reference model.

CREATE TABLE rollout (
  id TEXT PRIMARY KEY NOT NULL,
  run TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
  step INTEGER NOT NULL,
  prompt TEXT NOT NULL REFERENCES prompt (id) ON DELETE CASCADE,
  text TEXT NOT NULL,
  reward REAL,
  kl REAL,
  statistics TEXT NOT NULL DEFAULT '{}',
  created TEXT NOT NULL
) STRICT;
CREATE INDEX rollout_run ON rollout (run, step);
CREATE INDEX rollout_prompt ON rollout (prompt);

CREATE TABLE reference_logprob (
  model_hash TEXT NOT NULL,
  tokens_hash TEXT NOT NULL,
  -- Log-probabilities as little-endian 32-bit floats.
  value BLOB NOT NULL,
  PRIMARY KEY (model_hash, tokens_hash)
) STRICT, WITHOUT ROWID;
