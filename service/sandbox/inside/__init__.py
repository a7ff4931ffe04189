"""What runs inside the sandbox, as its own process: the template that forks one child a program, and the harness.

Only the standard library and what snippets may import is used here; nothing of the service is there. The modules import
one another by relative names, since inside they are the package ``inside``, bound at ``/sandbox``.

::

    template.py      imports torch, then forks on request                       trusted
      └── process.py   the child's namespaces, its init, the snippet's process    trusted, up to the drop of privileges
            └── harness.py   the program in a fresh __main__, then one report     shares its process with the program

``linux.py`` calls the kernel, ``mounts.py`` furnishes the child's own file system, ``stand_ins.py`` supplies what would
be downloaded, ``pictures.py`` is matplotlib's backend, ``artifacts.py`` collects pictures.
"""
