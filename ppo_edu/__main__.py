"""`python -m ppo_edu`."""

from ppo_edu.cli import main

raise SystemExit(main())
