from tests.plugin.conftest import roost, suite

__all__ = ["roost", "suite"]
