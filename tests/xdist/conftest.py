from tests.plugin.conftest import environment, roost, suite

__all__ = ["environment", "roost", "suite"]
