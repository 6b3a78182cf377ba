-- kinds of every class, encounter and day that has enough lines to matter; most have few, and are left by a count alone
WITH long AS (
    SELECT encounter_id, service_date
    FROM line
    WHERE item_class IN (SELECT item_class FROM b_kind_cap)
    GROUP BY encounter_id, service_date
    HAVING COUNT(*) > (SELECT MIN(max_kinds) FROM b_kind_cap)
),

kind AS (
    SELECT DISTINCT l.person_id, l.institution_id, l.encounter_id, l.item_class, l.service_date, l.item_code
    FROM line AS l
    INNER JOIN long ON l.encounter_id = long.encounter_id AND l.service_date = long.service_date
    WHERE l.item_class IN (SELECT item_class FROM b_kind_cap)
),

crowd AS MATERIALIZED (
    SELECT person_id, institution_id, encounter_id, item_class, service_date, COUNT(*) AS kinds
    FROM kind
    GROUP BY person_id, institution_id, encounter_id, item_class, service_date
    HAVING COUNT(*) > (SELECT MIN(max_kinds) FROM b_kind_cap)
),

crowded AS MATERIALIZED (
    SELECT
        crowd.*, b.rule_id, b.point_id, b.valid_from, b.verdict, b.max_kinds, b.visit_types,
        CASE WHEN b.visit_types <> '' AND e.encounter_id IS NULL THEN 1 ELSE 0 END AS is_unknown
    FROM crowd
    INNER JOIN b_kind_cap AS b
        ON crowd.item_class = b.item_class AND crowd.service_date >= b.valid_from AND crowd.service_date < b.valid_to
    LEFT JOIN encounter AS e ON crowd.encounter_id = e.encounter_id AND crowd.person_id = e.person_id
    WHERE
        crowd.kinds > b.max_kinds
        AND (
            b.visit_types = '' OR e.encounter_id IS NULL
            OR STRPOS(' ' || b.visit_types || ' ', ' ' || e.visit_type || ' ') > 0
        )
),

-- a kind begins with its first line
begun AS (
    SELECT
        l.line_id, l.item_code, COALESCE(l.service_at, 0) AS service_at, l.amount_fen, crowded.*,
        CASE
            WHEN ROW_NUMBER() OVER (
                PARTITION BY
                    crowded.rule_id, crowded.point_id, crowded.valid_from, l.person_id, l.institution_id, l.encounter_id,
                    l.item_class, l.service_date, l.item_code
                ORDER BY COALESCE(l.service_at, 0), l.line_id
            ) = 1 THEN 1
            ELSE 0
        END AS is_first
    FROM line AS l
    INNER JOIN crowded
        ON l.person_id = crowded.person_id AND l.institution_id = crowded.institution_id
        AND l.encounter_id = crowded.encounter_id AND l.item_class = crowded.item_class
        AND l.service_date = crowded.service_date
),

counted AS (
    SELECT
        begun.*,
        CASE WHEN is_first = 1 THEN SUM(is_first) OVER (
            PARTITION BY
                rule_id, point_id, valid_from, person_id, institution_id, encounter_id, item_class, service_date
            ORDER BY service_at, line_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) END AS nth
    FROM begun
),

numbered AS (
    SELECT
        counted.*,
        MIN(nth) OVER (
            PARTITION BY
                rule_id, point_id, valid_from, person_id, institution_id, encounter_id, item_class, service_date,
                item_code
        ) AS kind_no
    FROM counted
)

SELECT
    rule_id,
    point_id,
    person_id || '|' || item_class || '|' || institution_id || '|' || encounter_id || '|'
    || CAST(service_date AS VARCHAR) AS subject_key,
    CASE WHEN is_unknown = 1 THEN 'unknown' ELSE verdict END AS verdict,
    CASE WHEN is_unknown = 1 THEN 'encounter_missing' ELSE 'too_many_kinds' END AS reason,
    CAST(max_kinds AS VARCHAR) AS expected,
    CAST(kinds AS VARCHAR) AS actual,
    CASE WHEN kind_no > max_kinds THEN 'subject' ELSE 'other' END AS role,
    'line' AS row_kind,
    line_id AS row_id,
    CASE WHEN kind_no > max_kinds THEN amount_fen ELSE 0 END AS amount_fen
FROM numbered
