"""The rows of holdings that can matter to some companies: what lies upwards of them, as one recursive query.

A county's register may hold every company of a province; the graph is made of the few rows above the vendors.
"""

from __future__ import annotations

#: Parameters: companies (vendors and institutions), and the most steps. Columns as those of ``graph.Edge``.
UPWARDS = """
WITH RECURSIVE reach AS (
    SELECT UNNEST(CAST(? AS VARCHAR[])) AS company_id, 1 AS steps
    UNION
    SELECT o.holder_id, r.steps + 1
    FROM reach AS r
    INNER JOIN ownership AS o ON o.company_id = r.company_id
    WHERE o.role = 'shareholder' AND r.steps <= CAST(? AS INTEGER)
)

SELECT o.holder_id, o.company_id, o.role, o.share_ppm, o.valid_from, o.valid_to, o.holder_name
FROM ownership AS o
WHERE o.company_id IN (SELECT company_id FROM reach)
ORDER BY o.company_id, o.holder_id, o.role, o.valid_from
"""
