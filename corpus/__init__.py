"""What the tutor knows: one Markdown file an entry, read into frozen dataclasses.

``entry.py`` holds the nouns, ``markdown.py`` cuts one file into sections and fences, ``reading.py`` turns a folder
of files into entries and tells every fault at once. This package imports nothing of the other three.
"""
