from tests.distribution.conftest import controller, machines, roost

__all__ = ["controller", "machines", "roost"]
