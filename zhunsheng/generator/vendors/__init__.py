"""The vendors of the invented county: a year of their services as files, told stories with a key, and null years."""

from zhunsheng.generator.vendors.null import null_years
from zhunsheng.generator.vendors.year import Services

__all__ = ["Services", "null_years"]
