from tests.distribution.conftest import hub, machines, roost

__all__ = ["hub", "machines", "roost"]
