"""What a process counts while it works: requests in the web process, jobs in the worker, rows in the sequencer.

Each process has its own count, read from its own address; a label holds a name that stands in the code, never data.
"""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

#: Seconds; the desk answers within 20 ms, a page within 300 ms.
QUICK = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 15)
LONG = (0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600)

REQUESTS = Histogram("zhunsheng_request_seconds", "Answers by route and status", ("route", "status"), buckets=QUICK)
JOBS = Histogram(
    "zhunsheng_job_seconds", "Jobs that this worker did, by kind and outcome", ("kind", "outcome"), buckets=LONG
)
CARRIED = Counter("zhunsheng_sequencer_rows", "Rows of evidence by what became of them", ("outcome",))
READINGS = Counter("zhunsheng_readings", "Readings by what became of them", ("outcome",))
DURABLE = Histogram(
    "zhunsheng_reading_seconds", "From the arrival of a message to its readings being durable", buckets=QUICK
)
LINKED = Gauge("zhunsheng_broker_connected", "Whether this process is connected to its broker")
TURN = Gauge("zhunsheng_turn_timestamp_seconds", "When this process last went round its loop")
