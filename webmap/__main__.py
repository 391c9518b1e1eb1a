"""``python -m webmap`` is the command ``yizhan``."""

from webmap.cli import main

main()
