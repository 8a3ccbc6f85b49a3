"""The tables of the state file, and the version that says which program may read them."""

from __future__ import annotations

VERSION = 3

# `intents` come before `jobs`: a row is there, durably, before its POST leaves; `outcome` is null while nobody knows.
TABLES = """
CREATE TABLE intents (
  id INTEGER PRIMARY KEY,
  api TEXT NOT NULL, org TEXT NOT NULL, project TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  known TEXT NOT NULL,       -- JSON: ids of the jobs that carried this payload before, and of those that echo none
  credits REAL,
  created_at TEXT NOT NULL,
  outcome TEXT CHECK (outcome IN ('job', 'refused', 'absent')),
  listed TEXT,               -- JSON: ids of all jobs that were there before; while open, and no echo was seen to match
  payload TEXT NOT NULL,     -- JSON: what a job of this submission shows of it, whatever the spec says by then
  blind INTEGER NOT NULL DEFAULT 0  -- 1: payloads did not come back as they were sent when it was made
) STRICT;
CREATE INDEX intents_open ON intents (fingerprint, api) WHERE outcome IS NULL;
CREATE INDEX intents_by_day ON intents (api, created_at, outcome, org, credits);

CREATE TABLE jobs (
  api TEXT NOT NULL, job_id TEXT NOT NULL,
  org TEXT NOT NULL, project TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  status TEXT NOT NULL,
  origin TEXT NOT NULL CHECK (origin IN ('created', 'recovered', 'adopted')),
  credits REAL,
  created_at TEXT NOT NULL,
  download_url TEXT,         -- a secret: here only
  PRIMARY KEY (api, job_id)
) STRICT;
CREATE INDEX jobs_by_fingerprint ON jobs (fingerprint);

CREATE TABLE exports (
  path TEXT PRIMARY KEY,     -- of the file, relative to the current folder; of what was refused, its names
  spec TEXT NOT NULL, api TEXT NOT NULL, org TEXT NOT NULL, project TEXT NOT NULL,
  analysis TEXT NOT NULL, export TEXT NOT NULL, partition TEXT,
  fingerprint TEXT NOT NULL,
  style TEXT NOT NULL,       -- format and header: the same job, another file
  status TEXT NOT NULL CHECK (status IN ('pending', 'submitted', 'downloading', 'done', 'failed')),
  planned_rows INTEGER, job_id TEXT,
  rows INTEGER, bytes INTEGER, sha256 TEXT,
  mark INTEGER,              -- of the file in its place: its time in ns, or a number of an object's entity tag
  held TEXT,                 -- where a complete file waits whose row count nobody has accepted
  provisional INTEGER,       -- 1: its job ran before its data was complete
  error TEXT,
  cleaned_at TEXT,           -- when `clean` removed its file, on purpose
  depth TEXT,                -- the depths that it was cut to, as a plan shows them
  counted TEXT,              -- digest of the query that counted its depths: a key of `distributions`
  terms TEXT,                -- digest of what the spec asked of it, where that decides for good what comes of it
  warning TEXT,              -- what a person should know of it in each run: rows that its depths leave out
  updated_at TEXT NOT NULL
) STRICT;
CREATE INDEX exports_by_crawl ON exports (org, project, analysis);

CREATE TABLE moments (
  path TEXT NOT NULL,        -- of the export
  phase TEXT NOT NULL CHECK (phase IN ('waiting', 'exporting', 'downloading', 'checking', 'ended')),
  began_at REAL NOT NULL,    -- seconds since 1970: durations are what they are for
  PRIMARY KEY (path, phase)
) STRICT, WITHOUT ROWID;

CREATE TABLE distributions (
  api TEXT NOT NULL, org TEXT NOT NULL, project TEXT NOT NULL,
  query TEXT NOT NULL,       -- digest of the counting query, which names the crawl
  counts TEXT NOT NULL,      -- JSON: [[depth, rows], …], a null depth for rows without one
  PRIMARY KEY (api, org, project, query)
) STRICT, WITHOUT ROWID;

CREATE TABLE pins (
  spec TEXT NOT NULL, api TEXT NOT NULL, org TEXT NOT NULL, project TEXT NOT NULL,
  rule TEXT NOT NULL,
  analyses TEXT NOT NULL,    -- JSON list of slugs
  pinned_at TEXT NOT NULL,
  PRIMARY KEY (spec, api, org, project, rule)
) STRICT, WITHOUT ROWID;

CREATE TABLE derived (
  path TEXT PRIMARY KEY,     -- of a file made of exports' files: under its stable name, or over all projects
  source TEXT NOT NULL,      -- digest of what it was made of
  rows INTEGER NOT NULL, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL, mark INTEGER NOT NULL,
  updated_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE claims (fingerprint TEXT PRIMARY KEY, holder TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""
