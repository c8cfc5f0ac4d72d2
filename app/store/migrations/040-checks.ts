/** Reports on data sets, kept until the file, the mapping or the model's tokenizer changes. */
export const checks = `
CREATE TABLE dataset_checks (
  dataset_id TEXT NOT NULL REFERENCES datasets (id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  checked_at INTEGER NOT NULL,
  report TEXT NOT NULL,
  PRIMARY KEY (dataset_id, key)
) STRICT, WITHOUT ROWID;
`;
