"""How a question finds its entry.

``passage.py`` cuts entries into passages; ``embedder.py`` embeds them at build time, ``encoder.py`` a query at serving
time; ``dense.py`` (FAISS) and ``sparse.py`` (BM25) score passages, ``whitening.py`` fits the vectors to the corpus;
``fusion.py`` makes one score an entry of them and a calibrated confidence; ``retriever.py`` puts this together;
``store.py`` keeps it on disk. Imports ``corpus`` only.
"""
