"""Whatever a client sends within or beside the description, the API answers with a line, never with a fault of its own.

schemathesis makes the requests from the OpenAPI description, in process. What would start a worker is stood in for.
"""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error

from backend.control.api import create_api
from backend.control.service import NotAnswered, Service
from tests.pages.conftest import register, told_runs

THERE = {"run": "done", "name": "bars", "format": "md"}


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    """The API of a workspace with a data set and a finished run, called by its single user."""
    with told_runs(tmp_path_factory.mktemp("fuzz"), register, ("done",)) as service:
        yield create_api(stood_in(service))


def stood_in(service: Service) -> Service:
    from backend.registry import CALLABLE

    def no_answer(*_):
        raise NotAnswered("the warm worker is not part of this test")

    service._warm.ask = no_answer
    service.catalogue = lambda: {folder: {} for folder in CALLABLE}
    return service


def fuzz(api, examples: int) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", api)
    token = {"Authorization": f"Bearer {api.state.service.workspace.token}"}
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 30
    for operation in operations:

        @given(case=operation.as_strategy(), known=st.booleans())
        @settings(
            max_examples=examples,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def sent(case, known):
            if known:  # a name that is there leads further than a random one
                case.path_parameters |= {k: v for k, v in THERE.items() if k in case.path_parameters}
            case.call_and_validate(headers=token, checks=[not_a_server_error], timeout=120)  # a dossier takes seconds

        sent()
    assert not api.state.service.people.accounts, "an account was added: the requests after it had no rights"


def test_a_few_requests_to_every_route(api):
    fuzz(api, examples=2)


@pytest.mark.slow
def test_many_requests_to_every_route(api):
    fuzz(api, examples=60)
