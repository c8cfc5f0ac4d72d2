/** Models and data sets of the library, what was measured, settings, drafts, exports and the trash. */
export const library = `
CREATE TABLE models (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  path TEXT NOT NULL,
  architecture TEXT NOT NULL,
  parameters INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL,
  bits_per_weight REAL NOT NULL,
  format TEXT NOT NULL,
  context_length INTEGER NOT NULL,
  technique TEXT,
  parent TEXT,
  family TEXT NOT NULL,
  -- JSON array: the source, then the date of every step; a shorter one that begins alike is an ancestor's.
  lineage TEXT NOT NULL,
  added_at INTEGER NOT NULL,
  folder_time REAL NOT NULL,
  perplexity REAL,
  decode_rate REAL,
  measured TEXT,
  problem TEXT
) STRICT;
CREATE INDEX models_added ON models (added_at);
CREATE INDEX models_name ON models (name COLLATE NOCASE);
CREATE INDEX models_size ON models (size_bytes);
CREATE INDEX models_parameters ON models (parameters);
CREATE INDEX models_family ON models (family);
CREATE INDEX models_parent ON models (parent);

CREATE TABLE measurements (
  model_id TEXT NOT NULL REFERENCES models (id) ON DELETE CASCADE ON UPDATE CASCADE,
  at INTEGER NOT NULL,
  job_id TEXT,
  evaluated_on TEXT,
  report TEXT NOT NULL,
  PRIMARY KEY (model_id, at)
) STRICT, WITHOUT ROWID;

CREATE TABLE datasets (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  path TEXT NOT NULL,
  format TEXT,
  format_chosen INTEGER NOT NULL DEFAULT 0,
  mapping TEXT NOT NULL DEFAULT '{}',
  columns TEXT NOT NULL DEFAULT '[]',
  held_out REAL NOT NULL DEFAULT 0.05,
  seed INTEGER NOT NULL DEFAULT 0,
  rows INTEGER,
  size_bytes INTEGER NOT NULL,
  added_at INTEGER NOT NULL,
  removed_at INTEGER,
  problem TEXT
) STRICT;

CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE drafts (
  id TEXT PRIMARY KEY,
  wizard TEXT NOT NULL,
  title TEXT NOT NULL,
  form TEXT NOT NULL,
  saved_at INTEGER NOT NULL
) STRICT;

CREATE TABLE exports (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  target TEXT NOT NULL,
  folder TEXT NOT NULL,
  model_id TEXT,
  job_id TEXT,
  created_at INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL,
  files TEXT NOT NULL,
  checks TEXT NOT NULL,
  removed_at INTEGER
) STRICT;

CREATE TABLE trash (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('model', 'dataset', 'export')),
  subject TEXT NOT NULL,
  name TEXT NOT NULL,
  -- Where the folder lies now; null where only a row is hidden.
  folder TEXT,
  origin TEXT,
  bytes INTEGER NOT NULL,
  removed_at INTEGER NOT NULL
) STRICT;
`;
