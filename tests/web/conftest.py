from tests.casework.informed import ordered, served
from tests.web.desks import ready, secret
from tests.web.fixtures import as_, county, people, work

__all__ = ["as_", "county", "ordered", "people", "ready", "secret", "served", "work"]
