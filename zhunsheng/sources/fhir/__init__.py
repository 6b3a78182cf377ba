"""FHIR R4 bundles and bulk files: resources are checked, references resolved, and each kind becomes a table."""

from zhunsheng.sources.fhir.parts import Bundles, Sheet
from zhunsheng.sources.fhir.reading import is_json, is_resource_file

__all__ = ["Bundles", "Sheet", "is_json", "is_resource_file"]
