// SPDX-License-Identifier: Apache-2.0

/// The tables of the file. Times are text as in events, and sort as such; actors are their names.
///
/// `document` is the JSON shape that the commands print; `event` the full form of an event.
enum SQLiteSchema {
  static let tables = """
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE events (
      position INTEGER PRIMARY KEY, time TEXT NOT NULL, occurred TEXT, type TEXT NOT NULL,
      project TEXT, subject TEXT, number INTEGER, version TEXT, revision INTEGER, job TEXT,
      cause INTEGER, actor TEXT NOT NULL, authentication TEXT NOT NULL, acts_for TEXT,
      erased INTEGER NOT NULL, event TEXT NOT NULL);
    CREATE TABLE projects (project TEXT PRIMARY KEY, created TEXT NOT NULL, document TEXT NOT NULL);
    CREATE TABLE subjects (
      subject TEXT PRIMARY KEY, project TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
      owner TEXT, tier TEXT, review_by TEXT, document TEXT NOT NULL);
    CREATE TABLE jobs (
      job TEXT PRIMARY KEY, project TEXT, kind TEXT NOT NULL, subject TEXT, number INTEGER,
      version TEXT, deployment TEXT, status TEXT NOT NULL, created_by TEXT NOT NULL,
      created TEXT NOT NULL, started TEXT, ended TEXT, exit INTEGER, signal TEXT,
      "trigger" TEXT NOT NULL, schedule TEXT, nominal_time TEXT, retry_of TEXT,
      errors INTEGER NOT NULL, warnings INTEGER NOT NULL, first INTEGER NOT NULL,
      last INTEGER NOT NULL, erased INTEGER NOT NULL, document TEXT NOT NULL);
    CREATE TABLE versions (
      version TEXT PRIMARY KEY, project TEXT NOT NULL, subject TEXT NOT NULL, kind TEXT NOT NULL,
      number INTEGER NOT NULL, status TEXT NOT NULL, created TEXT NOT NULL,
      created_by TEXT NOT NULL, job TEXT NOT NULL, artifacts_digest TEXT, files INTEGER,
      bytes INTEGER, format TEXT, parent INTEGER, verdict TEXT, document TEXT NOT NULL);
    CREATE TABLE artifacts (
      version TEXT NOT NULL, path TEXT NOT NULL, bytes INTEGER, digest TEXT,
      erased INTEGER NOT NULL, PRIMARY KEY (version, path)) WITHOUT ROWID;
    CREATE TABLE evaluations (
      position INTEGER PRIMARY KEY, version TEXT NOT NULL, job TEXT, time TEXT NOT NULL,
      actor TEXT NOT NULL, responsible TEXT, data_digest TEXT NOT NULL, procedure TEXT,
      erased INTEGER NOT NULL);
    CREATE TABLE metrics (
      position INTEGER NOT NULL, version TEXT NOT NULL, name TEXT NOT NULL, value REAL,
      written TEXT NOT NULL, PRIMARY KEY (position, name)) WITHOUT ROWID;
    CREATE TABLE decisions (
      position INTEGER PRIMARY KEY, version TEXT NOT NULL, verdict TEXT NOT NULL,
      time TEXT NOT NULL, actor TEXT NOT NULL, authentication TEXT NOT NULL, job TEXT,
      artifacts_digest TEXT NOT NULL, valid_until TEXT, exceptions TEXT NOT NULL, reason TEXT,
      erased INTEGER NOT NULL, document TEXT NOT NULL);
    CREATE TABLE deployments (
      deployment TEXT PRIMARY KEY, version TEXT NOT NULL, subject TEXT NOT NULL,
      target TEXT NOT NULL, engine TEXT NOT NULL, status TEXT NOT NULL, since TEXT NOT NULL,
      until TEXT, deployed_by TEXT NOT NULL, retired_by TEXT, decision INTEGER NOT NULL,
      position INTEGER NOT NULL, retired INTEGER, document TEXT NOT NULL);
    CREATE TABLE schedules (
      project TEXT NOT NULL, schedule TEXT NOT NULL, cron TEXT NOT NULL, zone TEXT NOT NULL,
      kind TEXT NOT NULL, deployment TEXT NOT NULL, owner TEXT NOT NULL, status TEXT NOT NULL,
      created TEXT NOT NULL, removed TEXT, last_tick TEXT, document TEXT NOT NULL,
      PRIMARY KEY (project, schedule)) WITHOUT ROWID;
    CREATE TABLE members (
      member TEXT PRIMARY KEY, display_name TEXT, active INTEGER NOT NULL, since TEXT NOT NULL,
      changed TEXT NOT NULL, document TEXT NOT NULL);
    CREATE TABLE grants (
      member TEXT NOT NULL, project TEXT, role TEXT NOT NULL, least_auth TEXT NOT NULL);
    CREATE TABLE policy (position INTEGER, time TEXT, document TEXT NOT NULL);
    CREATE TABLE holds (hold INTEGER PRIMARY KEY, document TEXT NOT NULL);
    """

  /// Made when all rows are there, which is faster than keeping them up.
  static let indexes = """
    CREATE INDEX events_time ON events (time);
    CREATE INDEX events_type ON events (type);
    CREATE INDEX events_subject ON events (subject, number) WHERE subject IS NOT NULL;
    CREATE INDEX events_job ON events (job) WHERE job IS NOT NULL;
    CREATE INDEX events_actor ON events (actor, type);
    CREATE INDEX jobs_subject ON jobs (subject, number);
    CREATE INDEX jobs_status ON jobs (status, kind);
    CREATE INDEX jobs_created ON jobs (created);
    CREATE INDEX versions_subject ON versions (project, subject, number);
    CREATE INDEX versions_status ON versions (status);
    CREATE INDEX artifacts_digest ON artifacts (digest);
    CREATE INDEX evaluations_version ON evaluations (version);
    CREATE INDEX metrics_version ON metrics (version, name);
    CREATE INDEX decisions_version ON decisions (version);
    CREATE INDEX decisions_actor ON decisions (actor, verdict);
    CREATE INDEX decisions_time ON decisions (time);
    CREATE INDEX deployments_subject ON deployments (subject, target, since);
    CREATE INDEX deployments_version ON deployments (version);
    CREATE INDEX grants_member ON grants (member);
    """
}
