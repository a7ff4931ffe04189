"""Where comparing a query with every passage becomes slower than looking into cells: ``python -m eval.bench.dense``.

The passages are those of the index, multiplied by adding noise; the queries are the development ones. One thread.
"""

import time
from statistics import median

import faiss
import numpy as np
from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table

from eval.qrels import query_sets, read_sets
from index.dense import DenseIndex
from index.encoder import OnnxEncoder, Vectors
from index.store import VECTORS
from service.settings import Settings
from service.wiring import corpus_entries, ensure_index

SIZES = (3_000, 10_000, 40_000, 100_000)
QUERIES = 60
BEST = 50
NOISE = 0.03
SEED = 20_26


def main() -> None:
    """Print one row a size."""
    faiss.omp_set_num_threads(1)
    settings, entries = Settings(), corpus_entries()
    console = Console(width=120)
    ensure_index(settings, entries, report=console.print)
    own = DenseIndex.read(settings.index_folder / VECTORS).vectors()
    sets = read_sets(query_sets("dev_*"), entries)
    texts = [query.text for queries in sets.values() for query in queries][::6][:QUERIES]
    queries = OnnxEncoder(settings.index_folder / "encoder").encode(texts)
    table = Table(
        "passages", "flat, ms", "cells, ms", f"of the best {BEST}, found", "building the cells, s", box=MARKDOWN
    )
    for size in SIZES:
        vectors = multiplied(own, size)
        flat = DenseIndex(vectors, approximate_from=size + 1)
        start = time.perf_counter()
        cells = DenseIndex(vectors, approximate_from=size)
        built = time.perf_counter() - start
        found = np.mean([_shared(flat, cells, query) for query in queries])
        table.add_row(
            f"{size:,}",
            f"{_milliseconds(flat, queries):.1f}",
            f"{_milliseconds(cells, queries):.1f}",
            f"{found:.3f}",
            f"{built:.1f}",
        )
    console.print(table)


def multiplied(vectors: Vectors, size: int) -> Vectors:
    """``size`` unit vectors: the given ones, each with noise."""
    generator = np.random.default_rng(SEED)
    chosen = vectors[generator.integers(0, len(vectors), size)]
    moved = chosen + generator.normal(0, NOISE, chosen.shape).astype(np.float32)
    unit: Vectors = moved / np.linalg.norm(moved, axis=1, keepdims=True)
    return unit


def _milliseconds(index: DenseIndex, queries: Vectors) -> float:
    times = []
    for query in queries:
        start = time.perf_counter()
        index.scores(query)
        times.append(time.perf_counter() - start)
    return median(times) * 1000


def _shared(flat: DenseIndex, cells: DenseIndex, query: Vectors) -> float:
    best = [set(np.argsort(-index.scores(query))[:BEST].tolist()) for index in (flat, cells)]
    return len(best[0] & best[1]) / BEST


if __name__ == "__main__":
    main()
