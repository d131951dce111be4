"""What property tests of whole runs need to be quick."""

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def heap_set_aside() -> Iterator[None]:
    """Collect and freeze the heap once a module: each run would, and in a tenth of a second."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()
