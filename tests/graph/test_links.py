"""Link prediction: signals against networkx and formulas, no look into the future, and a planted rule learned."""

from __future__ import annotations

from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
from scipy import sparse

from graph.links import SIGNALS, LinkData, _shared, candidates, evaluate, fit, predict, signals
from scraper.errors import GraphError

SUBJECTS = ("harbor vessel cargo dock pilot", "orchard apple graft soil frost", "ledger audit bond interest coupon",
            "engine valve piston torque gear")  # fmt: skip
STATUTES = 12


def planted(per_year: int = 12, years: range = range(2000, 2010), seed: int = 3) -> LinkData:
    """Cases of four subjects, each citing two of the three statutes of its subject in words of its subject."""
    rng = np.random.default_rng(seed)
    noise = [f"word{n}" for n in range(200)]
    texts = [SUBJECTS[n // 3] + " " + " ".join(rng.choice(noise, 10)) for n in range(STATUTES)]
    dates, groups, rows, cols, anchors = [0] * STATUTES, [n // 3 for n in range(STATUTES)], [], [], []
    for year in years:
        for _ in range(per_year):
            subject, row = int(rng.integers(4)), len(texts)
            own = list(rng.choice(SUBJECTS[subject].split(), 6)) + list(rng.choice(noise, 25))
            texts.append(" ".join(own))
            dates.append(year)
            groups.append(4)
            for target in rng.choice(3, 2, replace=False) + 3 * subject:
                rows.append(row)
                cols.append(int(target))
                anchors.append((row, int(target), SUBJECTS[subject]))
    n = len(texts)
    edges = sparse.csr_matrix((np.ones(len(rows)), (rows, cols)), shape=(n, n))
    topics = sparse.csr_matrix((n, 2))
    return LinkData(texts, anchors, edges, topics, groups, np.array(dates))


def test_no_signal_knows_what_comes_later() -> None:
    data = planted()
    sources = data.sources_of(2005)
    before = signals(data, sources, 2005)
    later = data.edges.tolil()
    for row in np.flatnonzero(data.years >= 2005):
        later[row] = 0
    blind = replace(data, edges=later.tocsr(), anchors=[one for one in data.anchors if data.years[one[0]] < 2005])
    np.testing.assert_allclose(before, signals(blind, sources, 2005))


def test_a_source_may_cite_what_is_undated_or_not_later_and_never_itself() -> None:
    data = planted()
    source = int(data.sources_of(2004)[0])
    allowed = candidates(data, np.array([source]))[0]
    assert allowed[:STATUTES].all() and not allowed[source]
    assert not allowed[data.years > 2004].any()


def test_popularity_and_words_follow_their_formulas() -> None:
    data = planted()
    sources = data.sources_of(2003)
    found = dict(zip(SIGNALS, np.moveaxis(signals(data, sources, 2003), -1, 0), strict=True))
    earlier = (data.years > 0) & (data.years < 2003)
    cited = [sum(data.edges[row, 4] for row in np.flatnonzero(earlier))]
    np.testing.assert_allclose(found["popular"][:, 4], np.log1p(cited[0]))
    rows = data.words.toarray()
    expected = rows[sources] @ rows[7] / (np.linalg.norm(rows[sources], axis=1) * np.linalg.norm(rows[7]))
    np.testing.assert_allclose(found["words"][:, 7], expected)


def test_shared_neighbours_are_weighed_as_adamic_and_adar_do() -> None:
    graph = nx.gnm_random_graph(30, 70, seed=4)
    graph.remove_nodes_from([node for node in list(graph) if graph.degree(node) == 0])
    graph = nx.convert_node_labels_to_integers(graph)
    adjacency = sparse.csr_matrix(nx.to_scipy_sparse_array(graph))
    pairs = [(u, v) for u in graph for v in graph if u < v]
    # ours divides by ln(2 + degree), so that a neighbour of degree one has a weight; rows are normalised
    reference = np.zeros((len(graph), len(graph)))
    for u, v in [*pairs, *((v, u) for u, v in pairs), *((u, u) for u in graph)]:
        reference[u, v] = sum(1 / np.log(2 + graph.degree(w)) for w in set(graph[u]) & set(graph[v]))
    reference /= reference.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(_shared(adjacency).toarray(), reference)


def test_a_planted_rule_is_learned_and_beats_popularity_by_far() -> None:
    table = evaluate(planted(), 2007, k=3)
    # three statutes of its subject hold both that a case cites, so that all can be found among three
    assert table.recall["joined"] > 0.9
    assert table.recall["popular"] < 0.6
    assert table.links == 2 * table.sources


def test_what_is_predicted_is_not_cited_already_and_is_of_the_subject() -> None:
    data = planted()
    model = fit(data, 2010)
    links = list(predict(data, model, per_source=1, least=0.5))
    assert len(links) > 60
    assert all(data.edges[one.source, one.target] == 0 for one in links)
    subject_of = {row: int(data.edges[row].indices[0]) // 3 for row in range(STATUTES, data.count)}
    right = [one.target < STATUTES and one.target // 3 == subject_of[one.source] for one in links]
    assert np.mean(right) > 0.9


def test_too_little_to_learn_from_is_said() -> None:
    with pytest.raises(GraphError, match="100 are needed"):
        fit(planted(per_year=1), 2005)
    with pytest.raises(GraphError, match="No document decided in 2050"):
        evaluate(planted(), 2050)
