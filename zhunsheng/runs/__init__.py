"""Runs: choose the rules of a day, judge a snapshot, keep identities, compare, explain, replay."""

from zhunsheng.runs.execute import Manifest, execute, replay
from zhunsheng.runs.store import current, current_id, manifest, manifests

__all__ = ["Manifest", "current", "current_id", "execute", "manifest", "manifests", "replay"]
