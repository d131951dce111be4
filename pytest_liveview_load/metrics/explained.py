"""What a value has that can say why a comparison with it failed."""


class Explained:
    """A number of ours in an `assert`; pytest shows what it says of itself."""

    __slots__ = ()

    def explain(self, op: str, left: object, right: object) -> list[str]:
        """Return the lines below a failed `left op right`, one side of which this is."""
        raise NotImplementedError
