"""A measure: one number of a run, by the name that budgets and results share.

Law: `p95_event[inc]` means the same in a budget, as an attribute of a result and in a
report, because all three parse it here.
"""

from dataclasses import dataclass

from pytest_liveview_load.errors import BudgetSyntaxError
from pytest_liveview_load.metrics.grammar import Words, read_words
from pytest_liveview_load.metrics.histogram import Histogram
from pytest_liveview_load.metrics.names import Unit
from pytest_liveview_load.metrics.reading import NotMeasured, Reading, read
from pytest_liveview_load.metrics.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Measure:
    """What somebody wrote, and the words it consists of."""

    source: str
    words: Words

    @classmethod
    def parse(cls, source: str) -> "Measure":
        """Parse `[stat_]metric[label]{scenario}.part`. Raises `BudgetSyntaxError`."""
        words, rest = read_words(source)
        if rest.strip():
            raise BudgetSyntaxError(source, f"{rest.strip()!r} is too much")
        return cls(source.strip(), words)

    @property
    def metric(self) -> str:
        """The metric's name, without stat and label."""
        return self.words.metric

    @property
    def label(self) -> str:
        """What stands in the brackets, "" for all labels together."""
        return self.words.label

    @property
    def unit(self) -> Unit:
        """The unit of the value: the metric's, unless its samples are only counted."""
        return self.words.unit

    def of_label(self, label: str) -> "Measure":
        """Return this measure of one label. Raises `BudgetSyntaxError`."""
        source = f"{self.source}[{label}]"
        return Measure(source, self.words.of_label(label, source))

    def of_part(self, part: str) -> "Measure":
        """Return this measure of one part of a diff. Raises `BudgetSyntaxError`."""
        source = f"{self.source}.{part}"
        return Measure(source, self.words.of_part(part, source))

    def samples(self, snapshot: Snapshot) -> Histogram | None:
        """Return the samples that it is of, None if there are none or it has none."""
        words = self.words
        labels = (words.name, words.view, words.scenario, words.part)
        return snapshot.select(words.metric, *labels)

    def read(self, snapshot: Snapshot) -> Reading | NotMeasured:
        """Return its value in base units, or why there is none."""
        return read(self.words, snapshot)
