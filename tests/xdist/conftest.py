from tests.plugin.conftest import clean_environment, roost, suite

__all__ = ["clean_environment", "roost", "suite"]
