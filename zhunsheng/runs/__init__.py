"""Runs: choose the rules of a day, judge a snapshot, keep identities, compare, explain, replay."""

from zhunsheng.runs.compare import Comparison, of_runs
from zhunsheng.runs.execute import Manifest, execute, replay
from zhunsheng.runs.store import current, current_id, manifest, manifests

__all__ = ["Comparison", "Manifest", "current", "current_id", "execute", "manifest", "manifests", "of_runs", "replay"]
