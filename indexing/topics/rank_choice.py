"""From the figures of all ranks to one rank, said in words."""

from __future__ import annotations

from collections.abc import Sequence

from indexing.topics.rank_models import NmfkConfig, RankScore, TopicWarning
from indexing.topics.spectrum import Spectrum


def choose(
    found: int, table: Sequence[RankScore], spectrum: Spectrum, config: NmfkConfig, warnings: list[TopicWarning]
) -> tuple[int, str]:
    """The rank, with the reason; `found` is the largest stable one that chance allows. Adds to `warnings`."""
    values = [score.stability for score in table]
    if len(table) > 2 and max(values) - min(values) < config.flat:
        return _flat(table, spectrum, warnings)
    scores = {score.k: score for score in table}
    own = scores[found]
    words = f"Rank {found}: the largest whose topics come back in every run (lowest silhouette {own.stability:.2f}, "
    words += f"of W {own.silhouette_w:.2f}, of H {own.silhouette_h:.2f})"
    above = [k for k in scores if k > found]
    if above:
        after = scores[min(above)]
        words += f"; rank {after.k} " + _fall(after, spectrum, config)
    else:
        words += "; no higher rank was tried."
        if len(table) > 1 and spectrum.above > found:
            text = f"The largest rank tried, {found}, is stable: there may be more topics. Try higher ranks."
            warnings.append(TopicWarning("edge_of_range", text))
    return found, words + _opinion(spectrum)


def _fall(after: RankScore, spectrum: Spectrum, config: NmfkConfig) -> str:
    if after.stability < config.stable:
        return f"falls to {after.stability:.2f}."
    return f"is as stable, but no more than {spectrum.above} directions of the matrix exceed chance."


def _opinion(spectrum: Spectrum) -> str:
    if spectrum.ends:
        return f" The matrix has {spectrum.above} directions above chance."
    return f" At least {spectrum.above} directions of the matrix exceed chance: stability alone decides."


def _flat(table: Sequence[RankScore], spectrum: Spectrum, warnings: list[TopicWarning]) -> tuple[int, str]:
    values = [score.stability for score in table]
    text = (
        f"The stability is the same at every rank from {table[0].k} to {table[-1].k} "
        f"({min(values):.2f} to {max(values):.2f}): it does not name a number of topics."
    )
    warnings.append(TopicWarning("flat_profile", text))
    if spectrum.above in {score.k for score in table} and spectrum.ends:
        best = spectrum.above
        return best, f"Rank {best}: the profile is flat, so the {best} directions above chance decide. {text}"
    allowed = [score for score in table if score.k <= spectrum.above] or list(table)
    best = min(allowed, key=lambda score: score.bic).k
    return best, f"Rank {best}: the profile is flat, so the lowest BIC decides. {text}"


def no_structure(
    table: Sequence[RankScore], spectrum: Spectrum, config: NmfkConfig, warnings: list[TopicWarning]
) -> str:
    """Why the answer is one topic although ranks were tried. Adds to `warnings`."""
    stable = [score.k for score in table if score.stability >= config.stable]
    if stable:
        text = (
            f"1 topic: rank {stable[-1]} is stable, but only {spectrum.above} "
            f"{'direction exceeds' if spectrum.above == 1 else 'directions exceed'} what the same terms "
            "reach when they are dealt to documents at random."
        )
        warnings.append(TopicWarning("chance_level", text))
        return text
    best = max(table, key=lambda score: score.stability)
    text = (
        f"1 topic: at no rank do the topics come back in every run; the best is rank {best.k} "
        f"with a lowest silhouette of {best.stability:.2f}, and {config.stable:.2f} is asked for."
    )
    warnings.append(TopicWarning("no_structure", text))
    return text


def trivial_reason(documents: int, warnings: Sequence[TopicWarning]) -> str:
    """Why the answer is one topic and no rank was tried."""
    if documents == 1:
        return "1 topic: there is one document."
    if any(warning.kind == "all_alike" for warning in warnings):
        return "1 topic: all documents are alike."
    return "1 topic: no rank from 2 up could be tried."
