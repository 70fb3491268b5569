"""The web server's GraphQL, as far as tests need it: what a person does in the UI."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

LAUNCH = """
mutation($job: String!, $location: String!, $tags: [ExecutionTag!]) {
  launchRun(executionParams: {
    selector: {jobName: $job, repositoryLocationName: $location, repositoryName: "__repository__"},
    executionMetadata: {tags: $tags}
  }) { __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } }
}"""
GROUP = """
query($run: ID!) {
  runGroupOrError(runId: $run) { ... on RunGroup { runs { runId status rootRunId } } }
}"""
TERMINATE = """
mutation($run: String!) { terminateRun(runId: $run) { __typename ... on PythonError { message } } }"""


@dataclass(frozen=True)
class Web:
    """The GraphQL endpoint of one web server."""

    url: str

    def ask(self, query: str, **variables: Any) -> Any:
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(  # noqa: S310
            f"{self.url}/graphql", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            document = json.load(answer)
        assert "errors" not in document, document["errors"]
        return document["data"]

    def launch(self, job: str, location: str, **tags: str) -> str:
        pairs = [{"key": key, "value": value} for key, value in tags.items()]
        launched = self.ask(LAUNCH, job=job, location=location, tags=pairs)["launchRun"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        return str(launched["run"]["runId"])

    def statuses(self, run: str) -> list[str]:
        """Statuses of a run and of its re-executions, in order of start."""
        try:
            runs = self.ask(GROUP, run=run)["runGroupOrError"]["runs"]
        except urllib.error.HTTPError:  # the web server's pooled connections to a database that was killed
            return []
        return [entry["status"] for entry in runs]

    def terminate(self, run: str) -> None:
        ended = self.ask(TERMINATE, run=run)["terminateRun"]
        assert ended["__typename"] == "TerminateRunSuccess", ended


def wait_for(read: Callable[[], Any], *, seconds: float, what: str) -> Any:
    """Read until the answer is true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := read():
            return value
        time.sleep(0.3)
    raise AssertionError(f"not within {seconds} s: {what}")
