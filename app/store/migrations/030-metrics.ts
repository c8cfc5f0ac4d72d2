/** Metrics of jobs: names once, then narrow rows in the order in which charts read them. */
export const metrics = `
CREATE TABLE metric_series (
  id INTEGER PRIMARY KEY,
  job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  UNIQUE (job_id, name)
) STRICT;

CREATE TABLE metric_points (
  series INTEGER NOT NULL REFERENCES metric_series (id) ON DELETE CASCADE,
  step INTEGER NOT NULL,
  value REAL NOT NULL,
  PRIMARY KEY (series, step)
) STRICT, WITHOUT ROWID;
`;
