-- SPDX-License-Identifier: Apache-2.0
-- Questions of jobledger-replay, in SQL on its own export to SQLite: the same rows, with the same
-- members where the export has them, out of one table of views each. The export comes with indexes on
-- versions, deployments, decisions and the subjects of events; what else suits is made first.
-- SQLite takes the rows as they are: it looks at no event, and holds nothing against a tree.

-- made first
CREATE INDEX deployments_active ON deployments (since, until);
CREATE INDEX deployments_position ON deployments (position);
CREATE VIRTUAL TABLE reasons USING fts5 (
  reason, content = decisions, content_rowid = position, tokenize = 'unicode61 remove_diacritics 2');
INSERT INTO reasons (reasons) VALUES ('rebuild');
ANALYZE;

-- ask in-production --as-of {moment}
SELECT subject, version, target, engine, since, document -> '$.deployedBy' AS actor,
       decision AS approval, deployment, position
FROM deployments WHERE since <= '{moment}' AND (until IS NULL OR until > '{moment}')
ORDER BY position;

-- ask approval-before-deployment
SELECT d.version, d.target, d.deployment, d.since AS deployed, a.position AS approval,
       a.time AS approved, a.document -> '$.actor' AS approver, a.valid_until,
       a.artifacts_digest, d.position,
       a.verdict IS NOT 'approved' OR a.position > d.position AS not_approved,
       a.artifacts_digest IS NOT d.document ->> '$.artifactsDigest' AS other_artifacts,
       a.valid_until < substr(coalesce(d.until, m.value), 1, 10) AS expired
FROM deployments d LEFT JOIN decisions a ON a.position = d.decision
JOIN meta m ON m.key = 'time'
ORDER BY d.position;

-- ask four-eyes
SELECT a.version, a.position AS approval, a.time AS approved, a.document -> '$.actor' AS approver,
       v.document -> '$.createdBy' AS trainer, d.deployment, d.since AS deployed,
       d.document -> '$.deployedBy' AS deployer, d.position, a.exceptions,
       a.actor = v.created_by AS self_approval, a.actor = d.deployed_by AS self_deployment
FROM decisions a JOIN versions v ON v.version = a.version
LEFT JOIN deployments d ON d.version = a.version AND d.decision = a.position
WHERE a.verdict = 'approved' ORDER BY a.position;

-- ask inventory
SELECT v.version, v.kind, v.status, v.created, v.document -> '$.createdBy' AS actor,
       a.verdict, a.time AS decided, a.valid_until, a.position,
       (SELECT group_concat(target) FROM deployments d
        WHERE d.version = v.version AND d.status = 'active') AS target,
       NOT EXISTS (SELECT 1 FROM deployments d WHERE d.version = v.version) AS never_deployed,
       s.owner, s.tier, s.review_by, v.artifacts_digest
FROM versions v JOIN subjects s ON s.subject = v.project || '/' || v.subject
LEFT JOIN decisions a
  ON a.position = (SELECT max(position) FROM decisions WHERE version = v.version)
ORDER BY v.project, v.subject, v.number;

-- trail model-3@7
SELECT position, event FROM events
WHERE subject = 'project-0/model-3' AND number = 7 ORDER BY position;

-- decisions --match {word}
SELECT d.position, d.document FROM reasons r JOIN decisions d ON d.position = r.rowid
WHERE reasons MATCH '{word}' ORDER BY d.position;
