/** Jobs with their log and samples. */
export const jobs = `
CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  title TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('recipe', 'import', 'download')),
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'paused', 'done', 'failed', 'cancelled', 'interrupted')),
  stopping TEXT,
  -- Order in the queue; only the order means anything.
  place REAL NOT NULL,
  -- What was asked for; never changes.
  task TEXT NOT NULL,
  -- What became of each step.
  steps TEXT NOT NULL,
  step INTEGER NOT NULL DEFAULT 0,
  progress TEXT,
  -- The next start goes on from the last checkpoint.
  resume INTEGER NOT NULL DEFAULT 0,
  -- What the worker left for the step it was at.
  current_model TEXT,
  model TEXT,
  dataset_id TEXT,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  finished_at INTEGER,
  -- Seconds of work before the present start.
  worked_seconds REAL NOT NULL DEFAULT 0,
  running_since INTEGER,
  peak_memory INTEGER,
  failure TEXT
) STRICT;
CREATE INDEX jobs_state ON jobs (state, place);
CREATE INDEX jobs_created ON jobs (created_at);

CREATE TABLE job_log (
  job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  at INTEGER NOT NULL,
  level TEXT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (job_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE job_samples (
  job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  moment TEXT NOT NULL CHECK (moment IN ('before', 'during', 'after')),
  step INTEGER NOT NULL,
  at INTEGER NOT NULL,
  prompt TEXT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (job_id, number)
) STRICT, WITHOUT ROWID;
`;
