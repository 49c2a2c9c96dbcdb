"""What no search for η could have found, though its record has the right form."""

from collections.abc import Iterator, Mapping

from tuner.records import EtaSearch, Judgement, Probe


def contradictions_in_search(name: str, search: EtaSearch) -> Iterator[str]:
    """Describe where a search contradicts itself; `name` is its key in the file."""
    curves: Mapping[str, tuple[Judgement | Probe, ...]] = {
        "judgements": search.judgements,
        "probes": search.probes,
    }
    for group, members in curves.items():
        for index, each in enumerate(members):
            where = f"{name}.{group}.{index}"
            if len(each.epochs) != len(each.costs):
                yield f"{where}: {len(each.epochs)} epochs but {len(each.costs)} costs"
            if each.eta <= 0:
                yield f"{where}.eta is {each.eta} but must be above 0"
