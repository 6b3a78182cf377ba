WITH c AS MATERIALIZED (
    SELECT
        l.line_id, l.person_id, l.institution_id, l.encounter_id, l.item_code, l.service_date,
        COALESCE(l.service_at, 0) AS service_at, l.amount_fen, b.rule_id, b.point_id, b.valid_from, b.verdict,
        b.item_class, b.max_kinds, b.visit_types
    FROM line AS l
    INNER JOIN b_kind_cap AS b
        ON l.item_class = b.item_class AND l.service_date >= b.valid_from AND l.service_date < b.valid_to
),

crowded AS (
    SELECT
        rule_id, point_id, valid_from, person_id, institution_id, encounter_id, item_class, service_date,
        COUNT(DISTINCT item_code) AS kinds
    FROM c
    GROUP BY
        rule_id, point_id, valid_from, person_id, institution_id, encounter_id, item_class, service_date, max_kinds
    HAVING COUNT(DISTINCT item_code) > max_kinds
),

-- a kind begins with its first line
begun AS (
    SELECT
        c.*,
        crowded.kinds,
        CASE WHEN c.visit_types <> '' AND e.encounter_id IS NULL THEN 1 ELSE 0 END AS is_unknown,
        CASE
            WHEN ROW_NUMBER() OVER (
                PARTITION BY
                    c.rule_id, c.point_id, c.valid_from, c.person_id, c.institution_id, c.encounter_id, c.item_class,
                    c.service_date, c.item_code
                ORDER BY c.service_at, c.line_id
            ) = 1 THEN 1
            ELSE 0
        END AS is_first
    FROM c
    INNER JOIN crowded
        ON c.rule_id = crowded.rule_id AND c.point_id = crowded.point_id AND c.valid_from = crowded.valid_from
        AND c.person_id = crowded.person_id AND c.institution_id = crowded.institution_id
        AND c.encounter_id = crowded.encounter_id AND c.item_class = crowded.item_class
        AND c.service_date = crowded.service_date
    LEFT JOIN encounter AS e ON c.encounter_id = e.encounter_id AND c.person_id = e.person_id
    WHERE
        c.visit_types = '' OR e.encounter_id IS NULL
        OR STRPOS(' ' || c.visit_types || ' ', ' ' || e.visit_type || ' ') > 0
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
