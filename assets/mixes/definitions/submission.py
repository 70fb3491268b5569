"""A mix request enters the warehouse and is read back.

Belongs here: the rows of ``mixes.mix_requests`` as they come and go. Does not belong here: validating a request
(``assets.mixes.requests``), its state while it runs (``request_state``).
"""

import psycopg
from psycopg.types.json import Jsonb

import sql
from assets.mixes.mix_plan import MixRequest
from assets.mixes.requests import content_id, parameters, parameters_sha256, request_from
from resources.failures import InputError
from resources.warehouse import Warehouse


def submit(warehouse: Warehouse, request: MixRequest, *, requested_by: str | None = None, again: bool = False) -> str:
    """Put a request on the list of mixes to make.

    Args:
        warehouse: where the list is.
        request: what is wanted; its own id is not looked at.
        requested_by: name kept with the request; None: the database role.
        again: True makes the same mix once more under a new id; else the same wish is one request, however often sent.

    Returns:
        The request's id.
    """
    row = {
        "parameters": Jsonb(parameters(request)),
        "parameters_sha256": parameters_sha256(request),
        "requested_by": requested_by,
    }
    statement = sql.text("statements/mix_request_insert.sql")
    with warehouse.connect() as connection:
        # two submissions of one wish would both count the same earlier ones; the second waits instead
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%(parameters_sha256)s, 0))", row)
        earlier = _ids(connection, row["parameters_sha256"])
        if earlier and not again:
            return earlier[0]
        request_id = content_id(request, len(earlier) + 1)
        connection.execute(statement.encode(), {**row, "request_id": request_id})
    return request_id


def load_request(warehouse: Warehouse, request_id: str) -> MixRequest:
    """Read a request.

    Raises:
        InputError: there is no such request, or its parameters are not valid.
    """
    kept = warehouse.scalar("SELECT parameters FROM mixes.mix_requests WHERE request_id = %s", [request_id])
    if kept is None:
        remedy = "Submit it with `backbeat mix`, then materialise the partition that has its id."
        raise InputError(f"There is no mix request {request_id}.", remedy)
    return request_from(kept, f"the request {request_id}", request_id)


def _ids(connection: psycopg.Connection, parameters_hash: object) -> list[str]:
    rows = connection.execute(
        "SELECT request_id FROM mixes.mix_requests WHERE parameters_sha256 = %s"
        " ORDER BY length(request_id), request_id",
        [parameters_hash],
    )
    return [request_id for (request_id,) in rows]
