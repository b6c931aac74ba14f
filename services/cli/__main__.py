"""``python -m services.cli`` is ``qaqpa``."""

from services.cli.main import main

main()
