"""``python -m service`` and the console script ``torchtutor`` are the same command."""

from service.channels.cli import main

if __name__ == "__main__":
    main()
