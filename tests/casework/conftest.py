from tests.evidence.conftest import judge
from tests.web.fixtures import as_, county, people, work

__all__ = ["as_", "county", "judge", "people", "work"]
