-- Counts over findings and facts that pages read: by rule, by institution and month, by practitioner and month.

CREATE TABLE rule_stat AS
SELECT
    r.rule_id,
    r.pattern,
    COALESCE(c.candidates, 0) AS candidates,
    COALESCE(c.candidates, 0) - COALESCE(s.subjects, 0) AS passed,
    COUNT(f.finding_id) FILTER (WHERE f.verdict = 'violation') AS violation,
    COUNT(f.finding_id) FILTER (WHERE f.verdict = 'suspected') AS suspected,
    COUNT(f.finding_id) FILTER (WHERE f.verdict = 'unknown') AS unknown,
    CAST(COALESCE(SUM(f.amount_fen) FILTER (WHERE f.verdict <> 'unknown'), 0) AS BIGINT) AS amount_fen
FROM rule AS r
LEFT JOIN candidate AS c ON r.rule_id = c.rule_id
LEFT JOIN (
    SELECT rule_id, COUNT(DISTINCT row_id) AS subjects FROM subject_row WHERE role = 'subject' GROUP BY rule_id
) AS s ON r.rule_id = s.rule_id
LEFT JOIN finding AS f ON r.rule_id = f.rule_id
GROUP BY r.rule_id, r.pattern, c.candidates, s.subjects
ORDER BY r.rule_id;

CREATE TABLE institution_month AS
WITH settled AS (
    SELECT institution_id, STRFTIME(settled_on, '%Y-%m') AS month, COUNT(*) AS settlements
    FROM settlement GROUP BY ALL
),

met AS (
    SELECT institution_id, STRFTIME(start_date, '%Y-%m') AS month, COUNT(*) AS encounters FROM encounter GROUP BY ALL
),

charged AS (
    SELECT institution_id, month, COUNT(*) AS lines, CAST(SUM(amount_fen) AS BIGINT) AS amount_fen
    FROM charge_line WHERE currency IS NULL GROUP BY ALL
),

found AS (
    SELECT
        institution_id, month,
        COUNT(*) FILTER (WHERE verdict <> 'unknown') AS findings,
        COUNT(*) FILTER (WHERE verdict = 'unknown') AS unknown,
        CAST(COALESCE(SUM(amount_fen) FILTER (WHERE verdict <> 'unknown'), 0) AS BIGINT) AS finding_amount_fen
    FROM finding GROUP BY ALL
),

place AS (
    SELECT institution_id, month FROM settled UNION SELECT institution_id, month FROM met
    UNION SELECT institution_id, month FROM charged UNION SELECT institution_id, month FROM found
)

SELECT
    place.institution_id,
    place.month,
    COALESCE(settled.settlements, 0) AS settlements,
    COALESCE(met.encounters, 0) AS encounters,
    COALESCE(charged.lines, 0) AS lines,
    COALESCE(charged.amount_fen, 0) AS amount_fen,
    COALESCE(found.findings, 0) AS findings,
    COALESCE(found.unknown, 0) AS unknown,
    COALESCE(found.finding_amount_fen, 0) AS finding_amount_fen
FROM place
LEFT JOIN settled ON place.institution_id = settled.institution_id AND place.month = settled.month
LEFT JOIN met ON place.institution_id = met.institution_id AND place.month = met.month
LEFT JOIN charged ON place.institution_id = charged.institution_id AND place.month = charged.month
LEFT JOIN found ON place.institution_id = found.institution_id AND place.month = found.month
ORDER BY place.institution_id, place.month;

-- the same figures one level deeper, by who charged: a department or practitioner that a line does not name stays a
-- row of its own, so that the levels add up
CREATE TABLE practitioner_month AS
WITH counted AS (
    SELECT
        institution_id, department_id, practitioner_id, month,
        COUNT(*) AS lines, CAST(SUM(amount_fen) AS BIGINT) AS amount_fen
    FROM charge_line WHERE currency IS NULL GROUP BY ALL
    UNION ALL BY NAME
    SELECT
        institution_id, department_id, practitioner_id, month,
        COUNT(*) FILTER (WHERE verdict <> 'unknown') AS findings,
        COUNT(*) FILTER (WHERE verdict = 'unknown') AS unknown,
        CAST(COALESCE(SUM(amount_fen) FILTER (WHERE verdict <> 'unknown'), 0) AS BIGINT) AS finding_amount_fen
    FROM finding GROUP BY ALL
)

SELECT
    institution_id,
    department_id,
    practitioner_id,
    month,
    CAST(COALESCE(SUM(lines), 0) AS BIGINT) AS lines,
    CAST(COALESCE(SUM(amount_fen), 0) AS BIGINT) AS amount_fen,
    CAST(COALESCE(SUM(findings), 0) AS BIGINT) AS findings,
    CAST(COALESCE(SUM(unknown), 0) AS BIGINT) AS unknown,
    CAST(COALESCE(SUM(finding_amount_fen), 0) AS BIGINT) AS finding_amount_fen
FROM counted
GROUP BY institution_id, department_id, practitioner_id, month
ORDER BY institution_id, department_id, practitioner_id, month;
