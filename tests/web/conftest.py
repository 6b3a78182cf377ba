from tests.web.desks import ready, secret
from tests.web.fixtures import as_, county, people, work

__all__ = ["as_", "county", "people", "ready", "secret", "work"]
