"""The resources of both locations, by the keys under which assets ask for them.

Belongs here: the one table. Does not belong here: what a resource does (``resources/``).
"""

from collections.abc import Mapping

from resources.http_client import HttpResource
from resources.llm.resource import LanguageModelResource
from resources.object_store import ObjectStoreResource
from resources.warehouse import WarehouseResource
from resources.warehouse_io import WarehouseIOManager


def resource_set(overrides: Mapping[str, object] | None = None) -> dict[str, object]:
    """Give the resources that read their settings from the environment, some of them replaced.

    Raises:
        KeyError: an override for a key that no asset asks for.
    """
    warehouse = (overrides or {}).get("warehouse", WarehouseResource())
    resources: dict[str, object] = {
        "warehouse": warehouse,
        "warehouse_io": WarehouseIOManager(warehouse=warehouse),  # type: ignore[arg-type]  # an override may be of any kind
        "store": ObjectStoreResource(),
        "http": HttpResource(),
        "language_models": LanguageModelResource(),
    }
    unknown = set(overrides or {}) - set(resources)
    if unknown:
        raise KeyError(f"No resource named {', '.join(sorted(unknown))}; there are {', '.join(resources)}.")
    return {**resources, **(overrides or {})}
