"""The asset ``industry.digest_exports``: the digest of a day as PDF and CSV in the object store.

Belongs here: reading the digest's row, storing its files. Does not belong here: their form
(``assets.industry.digest_pdf``, ``assets.industry.digest_csv``).
"""

import time
from typing import Any

import dagster as dg
import pandas as pd

from assets.checks import contract_results, contract_specs
from assets.industry import digest_csv, digest_pdf
from assets.industry.definitions.daily_digest import KEY as DIGEST_KEY
from assets.industry.digest_body import DigestBody
from assets.materialisation import result
from resources.failures import PermanentFailure
from resources.object_store import ObjectStore, ObjectStoreResource, StoredObject
from resources.warehouse import Warehouse, WarehouseResource

KEY = ["industry", "digest_exports"]


def exports_asset() -> dg.AssetsDefinition:
    """Return the asset ``industry.digest_exports``."""

    @dg.asset(
        key=KEY,
        deps=[dg.AssetKey(DIGEST_KEY)],
        description="The digest of a day as files in the object store: a PDF to send and a CSV to compute with, every "
        "source cited by its address.",
        kinds={"pdf", "csv", "gold"},
        owners=["team:industry"],
        code_version="1",
        check_specs=contract_specs(KEY),
    )
    def digest_exports(
        context: dg.AssetExecutionContext, warehouse: WarehouseResource, store: ObjectStoreResource
    ) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster knows it by identity, parameters hide it
        started = time.monotonic()
        database, objects = warehouse.warehouse(), store.store()
        days = sorted(context.partition_keys)
        written = {day: _write(database, objects, day) for day in days}
        rows = {day: len(files) for day, files in written.items()}
        checks = contract_results(database, KEY, 2, partition_key=days[-1], where={"digest_date": days})
        return result(database, KEY, rows=rows, started=started, checks=checks, metadata=_metadata(written[days[-1]]))

    return digest_exports


def _write(warehouse: Warehouse, store: ObjectStore, day: str) -> dict[str, StoredObject]:
    """Write the files of one day and their rows; return them by format."""
    body = warehouse.scalar("SELECT body FROM industry.daily_digest WHERE digest_date = %s", [day])
    if body is None:
        raise PermanentFailure(
            f"There is no digest of {day}, so there is nothing to export.",
            "Materialise industry.daily_digest of that day first.",
        )
    digest = DigestBody.model_validate(body)
    forms = {
        "pdf": (digest_pdf.digest_pdf(digest), digest_pdf.MEDIA_TYPE),
        "csv": (digest_csv.digest_csv(digest), digest_csv.MEDIA_TYPE),
    }
    files = {
        form: store.put_bytes(f"digests/{day[:4]}/{day}.{form}", data, media_type)
        for form, (data, media_type) in forms.items()
    }
    table = [
        {
            "digest_date": day,
            "format": form,
            "uri": file.uri,
            "sha256": file.sha256,
            "bytes": file.bytes,
            "media_type": file.media_type,
        }
        for form, file in files.items()
    ]
    warehouse.upsert(".".join(KEY), pd.DataFrame(table, dtype=object), ["digest_date", "format"])
    return files


def _metadata(files: dict[str, StoredObject]) -> dict[str, dg.MetadataValue[Any]]:
    links = {form: dg.MetadataValue.url(file.uri) for form, file in files.items()}
    sizes = {f"{form}_bytes": dg.MetadataValue.int(file.bytes) for form, file in files.items()}
    return {**links, **sizes}
