"""How users are divided among the runners of a run, again and again.

Law: nobody is carried twice, nobody by none, and the runners differ as little as can be.
"""

from collections.abc import Iterable, Mapping, Sequence

Share = tuple[int, int]  # its index, and of how many: every how manieth user


def divided(share: Share, among: Sequence[str]) -> dict[str, Share]:
    """Return which part of a share each of `among` takes over (as `Profile.shard`)."""
    index, of = share
    return {
        who: (index + place * of, of * len(among)) for place, who in enumerate(among)
    }


def let_in(users: Mapping[str, int], ids: Iterable[int]) -> dict[str, list[int]]:
    """Return which of `ids` goes to whom, those first who have the fewest users."""
    now = dict(users)
    found: dict[str, list[int]] = {}
    for each in ids:
        who = min(now, key=lambda name: now[name])
        now[who] += 1
        found.setdefault(who, []).append(each)
    return found


def sent_home(users: Mapping[str, int], count: int) -> dict[str, int]:
    """Return how many each is to send home, those first who have the most users.

    Fewer than `count` in all where there are not as many.
    """
    now = dict(users)
    found: dict[str, int] = {}
    for _ in range(min(count, sum(now.values()))):
        who = max(now, key=lambda name: now[name])
        now[who] -= 1
        found[who] = found.get(who, 0) + 1
    return found
