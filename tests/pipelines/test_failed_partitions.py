"""What is failed now, not what ever failed."""

import dagster as dg

from assets.industry.catalogue import load_catalogue
from pipelines.failed_partitions import as_markdown, failed_partitions, failed_partitions_job
from pipelines.partitions import partitions_by_asset
from pipelines.policies import apply_policies
from resources.failures import PermanentFailure


def test_a_partition_is_failed_until_it_is_made() -> None:
    broken = {"b000001", "b000002"}

    @dg.asset(key=["library", "track_analyses"])
    def declared(context: dg.AssetExecutionContext) -> None:
        if context.partition_key in broken:
            raise PermanentFailure("It is broken.")

    (asset,) = apply_policies([declared], load_catalogue())
    name = "library.track_analyses"
    partitions = {name: partitions_by_asset(load_catalogue())[name], "library.tracks": None}
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions("intake_batches", ["b000001", "b000002", "b000003", "b000004"])

        def make(key: str) -> None:
            dg.materialize([asset], instance=instance, partition_key=key, raise_on_error=False)

        assert failed_partitions(instance, partitions) == {}
        assert as_markdown({}) == "No partition is failed."
        for key in ("b000001", "b000002", "b000003"):
            make(key)
        failed = failed_partitions(instance, partitions)
        assert failed == {"library.track_analyses": ["b000002", "b000001"]}
        assert "| `library.track_analyses` | 2 | b000002, b000001 |" in as_markdown(failed)
        broken.remove("b000001")
        make("b000001")
        assert failed_partitions(instance, partitions) == {"library.track_analyses": ["b000002"]}
        assert failed_partitions_job.execute_in_process(instance=instance).success
