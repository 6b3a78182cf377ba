WITH done AS MATERIALIZED (
    SELECT
        b.rule_id, b.point_id, b.verdict, b.min_minutes, u.record_id, u.encounter_id, u.person_id, u.institution_id,
        u.practitioner_id, u.performed_on, u.performed_at, u.performed_at + 60 * b.min_minutes AS until_at
    FROM use_record AS u
    INNER JOIN b_clinician_overlap AS b
        ON u.item_code = b.item_code AND u.performed_on >= b.valid_from AND u.performed_on < b.valid_to
    WHERE u.practitioner_id IS NOT NULL
),

-- the later of two that begin on one day or on days that follow each other
pair AS (
    SELECT
        late.*, early.record_id AS early_id, early.encounter_id AS early_encounter,
        (early.until_at - late.performed_at + 59) // 60 AS minutes
    FROM done AS late
    INNER JOIN done AS early
        ON late.rule_id = early.rule_id AND late.practitioner_id = early.practitioner_id
        AND late.performed_on = early.performed_on
        AND early.performed_at <= late.performed_at
        AND early.until_at > late.performed_at
    WHERE
        early.person_id <> late.person_id
        AND (early.performed_at < late.performed_at OR early.record_id < late.record_id)
),

worst AS (
    SELECT * FROM pair
    QUALIFY ROW_NUMBER() OVER (PARTITION BY rule_id, point_id, record_id ORDER BY minutes DESC, early_id) = 1
),

hit AS (
    SELECT
        rule_id, point_id, record_id AS subject_key, verdict, 'two_at_once' AS reason,
        CAST(min_minutes AS VARCHAR) AS expected, CAST(minutes AS VARCHAR) AS actual, encounter_id, early_encounter,
        institution_id || '|' || SUBSTR(CAST(performed_on AS VARCHAR), 1, 7) || '||' || practitioner_id AS place
    FROM worst
),

-- days alone that hold services for several people
untimed AS (
    SELECT
        rule_id, MIN(point_id) AS point_id, practitioner_id, institution_id, performed_on, COUNT(*) AS services
    FROM done
    GROUP BY rule_id, practitioner_id, institution_id, performed_on
    HAVING COUNT(DISTINCT person_id) > 1 AND COUNT(*) > COUNT(performed_at)
),

unknown AS (
    SELECT
        rule_id, MIN(point_id) AS point_id, COUNT(*) AS days,
        institution_id || '|' || SUBSTR(CAST(performed_on AS VARCHAR), 1, 7) || '||' || practitioner_id AS place
    FROM untimed
    GROUP BY rule_id, place
)

SELECT
    rule_id, point_id, subject_key, verdict, reason, expected, actual, 'subject' AS role, 'practitioner' AS row_kind,
    place AS row_id, CAST(0 AS BIGINT) AS amount_fen
FROM hit
UNION ALL
SELECT
    rule_id, point_id, subject_key, verdict, reason, expected, actual, 'other', 'encounter', encounter_id,
    CAST(0 AS BIGINT)
FROM hit
UNION ALL
SELECT
    rule_id, point_id, subject_key, verdict, reason, expected, actual, 'other', 'encounter', early_encounter,
    CAST(0 AS BIGINT)
FROM hit
UNION ALL
SELECT
    rule_id, point_id, place, 'unknown', 'time_missing', '', CAST(days AS VARCHAR), 'subject', 'practitioner', place,
    CAST(0 AS BIGINT)
FROM unknown
