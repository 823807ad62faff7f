"""`python -m app` is `lexatlas`."""

from app.cli import main

main()
