from tests.web.fixtures import as_, county, people

__all__ = ["as_", "county", "people"]
